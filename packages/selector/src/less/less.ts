import { ConfigError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { inHashOrder } from '../states/anchor-rows.ts';
import { shortRunWork } from '../gradients/short-run.ts';
import { trainableRows } from '../gradients/trainable-rows.ts';
import { defineSelector } from '../define-selector.ts';
import { type SelectionContext, tokensOf } from '../selector.ts';
import { type LessConfig, lessConfig } from './config.ts';
import { meanCosines } from './cosines.ts';
import { warmUp } from './warm-up.ts';

/**
 * LESS (Xia et al. 2024, arXiv 2402.04333, sections 3.1 and 4; the arithmetic is that of its code). After each epoch c of a short run on a
 * random share of the pool, with weights w_c proportional to the epoch's mean learning rate:
 *   score(z) = sum over c of w_c mean over target rows t of cos(P Gamma(z), P grad l(t))
 * Gamma = the Adam step on the row's gradient (adam-step.ts), or the gradient itself with type `sgd`; the gradients are those of a row's
 * mean answer loss by the LoRA; P = a random projection (projection.ts). Columns `cosine_1`, ... are the cosines by checkpoint.
 *
 * Our use: the target rows are the trusted ones, one subtask; `against-harmful` takes the harmful rows and negates the score.
 *
 * Cost: for each epoch one forward and one backward pass over the pool and over the target rows, and the warm-up (epochs x warmupShare of the
 * pool). One number a row and checkpoint is kept: nothing to shard, unlike the reference, which stores projections of all rows.
 *
 * Deviations: the projection is to 8192 dimensions as there, but sparse, which leaves a cosine the same standard error (.011 around 0, in
 * general 1 / sqrt(dim)) at 1 / 8192 of the arithmetic; projectionDim 0 makes it exact. Learning rate and batch fit small models (2e-5 and
 * 128 there, for billions of parameters); gradients are f32 (bf16 there); the warm-up takes at least four batches. The LoRA has rank 8 and
 * alpha 16 on all seven projections, without dropout (128, 512 and .1 on q, k, v and o there).
 */
export const less = defineSelector({
  name: 'less',
  summary: "cosine of a row's Adam step with the gradient of trusted rows, or against that of harmful rows",
  source: 'arXiv 2402.04333, sections 3.1 and 4',
  cost: 'gradients',
  passes: '4 forward + 4 backward passes and a warm-up on 5 %',
  needs: ({ target }) => [target === 'against-harmful' ? 'harmful' : 'trusted'],
  work: (config) => [{ work: 'influences', loraRank: config.loraRank }, shortRunWork(config)],
  config: lessConfig,
  async fit(context, config) {
    const targets = targetRows(context, config);
    const { weights, epoch } = await warmUp(context, config, trainableRows(context.pool));
    const rows = tokensOf(context.pool);
    const total = new Float64Array(rows.length);
    const columns: Record<string, Float64Array> = {};
    for (const [c, weight] of weights.entries()) {
      const cosines = await meanCosines(context, {
        epoch: await epoch(c),
        type: config.type,
        projectionDim: config.projectionDim,
        projectionSeed: config.projectionSeed,
        rows,
        targets,
        name: `less-cosines-${c}`,
        title: `Checkpoint ${c + 1} of ${weights.length}`,
      });
      columns[`cosine_${c + 1}`] = cosines;
      const sign = config.target === 'against-harmful' ? -1 : 1;
      for (let i = 0; i < total.length; i++) total[i]! += sign * weight * cosines[i]!;
    }
    return { scores: total, columns };
  },
});

/** @throws {ConfigError} if there are none. */
function targetRows({ trusted, harmful }: SelectionContext, { target }: LessConfig): TokenizedRow[] {
  const isAgainst = target === 'against-harmful';
  const rows = inHashOrder(isAgainst ? harmful : trusted);
  if (rows.length > 0) return rows;
  throw new ConfigError(`target "${target}" needs ${isAgainst ? 'harmful' : 'trusted'} rows with an answer, and there are none`, {
    where: 'target',
    hint: isAgainst
      ? 'add --harmful FILE'
      : 'add --validation FILE with harmful prompts and safe answers, or set target to against-harmful',
  });
}
