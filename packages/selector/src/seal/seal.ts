import { ConfigError, hashOfValue } from '@pharmacist/core';
import { adapterParameters, batchSequence, createAdapter, stepsPerEpoch, type TokenizedRow, train } from '@pharmacist/language-model';
import { shortRunWork } from '../gradients/short-run.ts';
import { trainableRows } from '../gradients/trainable-rows.ts';
import { defineSelector } from '../define-selector.ts';
import type { SelectionContext } from '../selector.ts';
import { inHashOrder } from '../states/anchor-rows.ts';
import { type SealConfig, sealConfig } from './config.ts';
import { DataSelector } from './data-selector.ts';
import { modelStep } from './model-step.ts';

/**
 * SEAL (arXiv 2410.07471, algorithm 2 as its code trains it): min_w L_safe(theta*(w)), theta*(w) = argmin sum_i s_i(w) l_i(theta), in penalty
 * form with one logit w_i a pool row. Each step, on a batch of trusted rows and one of the pool:
 *   model:     u f + (1 - u) mean_i p_i l_i, p constant; AdamW (.9, .95), no decay, norm clipped to 1      f, l: means over an answer's tokens
 *   selector:  mean_i p_i(w) l_i, l from before the model's step; dense Adam (.9, .95), norm clipped to 10  p = N softmax(w), or 2 sigmoid(w)
 * u starts at 1 and loses .03 an epoch, so in the first epoch the model learns from trusted rows alone and the selector learns which rows a
 * safe model finds easy. A row's score is its logit.
 *
 * Cost of a step: 2 forward and 2 backward passes over a batch; 2 and 1 while u = 1.
 *
 * Differs from the reference code: LoRA of rank 8 at 1e-3, which suits small models, on all seven projections (rank 16 on q and v there); a
 * step takes 16 rows of each set (64 there, accumulated); an epoch goes once over the pool (see `epochLength`);
 * scores go with ids, where the code's shift against the rows if it leaves some out. Rows of equal text part by when they are drawn, as there.
 */
export const seal = defineSelector({
  name: 'seal',
  summary: 'logits trained with the model: rows that a model fine-tuned on trusted rows finds easy',
  source: 'arXiv 2410.07471, algorithm 2',
  cost: 'gradients',
  passes: '3 epochs of 2 forward + 2 backward passes a batch (1 backward in the first epoch)',
  needs: () => ['trusted'],
  work: (config) => [shortRunWork(config)],
  config: sealConfig,
  async fit(context, config) {
    const { pool } = context;
    const usable = pool.flatMap(({ tokens }, index) => (tokens.hasTargets ? [index] : []));
    const rows = trainableRows(pool);
    const selector = new DataSelector(rows.length, config);
    await trainAlternately(context, config, rows, selector);
    const spread = (values: Float32Array | Float64Array) => {
      const column = new Float64Array(pool.length).fill(NaN);
      usable.forEach((index, i) => (column[index] = values[i]!));
      return column;
    };
    return {
      scores: spread(selector.logits),
      columns: { weight: spread(selector.weights()), loss: spread(selector.lastLosses) },
    };
  },
});

async function trainAlternately(
  context: SelectionContext,
  config: SealConfig,
  rows: readonly TokenizedRow[],
  selector: DataSelector,
): Promise<void> {
  const { model, random, maxLength } = context;
  const trusted = inHashOrder(context.trusted);
  if (trusted.length === 0) {
    throw new ConfigError('seal learns from trusted rows, and there are none with an answer', {
      where: 'validation',
      hint: 'add --validation FILE with harmful prompts and safe answers',
    });
  }
  const { trainBatchSize: batchSize, epochs, learningRate } = config;
  const perEpoch = { pool: stepsPerEpoch(rows.length, batchSize), safe: stepsPerEpoch(trusted.length, batchSize) };
  const epochSteps = config.epochLength === 'pool' ? perEpoch.pool : Math.min(perEpoch.pool, perEpoch.safe);
  const loader = (what: 'pool' | 'safe', from: readonly TokenizedRow[]) => {
    const seed = random.split(what).integer(2 ** 31);
    const batchAt = batchSequence(from, { batchSize, seed, maxLength, padId: model.tokenizer.padId });
    return (step: number) => {
      const epoch = Math.floor(step / epochSteps);
      // What is longer than the epoch starts again with it; what is shorter goes round.
      const { batch, indices } = batchAt(perEpoch[what] < epochSteps ? step : epoch * perEpoch[what] + (step % epochSteps));
      return { batch, indices, rows: indices.map((index) => from[index]!) };
    };
  };
  const [poolAt, safeAt] = [loader('pool', rows), loader('safe', trusted)];
  const { loraRank: rank, loraAlpha: alpha } = config;
  const adapter = createAdapter(model.config, { rank, alpha, baseModelName: model.name }, random.split('adapter').integer(2 ** 31));
  await train({
    parameters: adapterParameters(adapter),
    numSteps: epochs * epochSteps,
    learningRate,
    optimizer: { beta1: 0.9, beta2: 0.95, weightDecay: 0 },
    gradient: async (step) => {
      const [pool, safe] = [poolAt(step), safeAt(step)];
      const upperWeight = Math.max(0, config.upperWeight - Math.floor(step / epochSteps) * config.upperWeightDecay);
      const weights = selector.weights();
      const poolWeights = pool.indices.map((index) => weights[index]!);
      const { loss, gradients, poolLosses } = await modelStep(context, adapter, { pool, safe, upperWeight, poolWeights });
      const selectorLoss = selector.update(pool.indices, poolLosses);
      return { loss, gradients, rows: pool.indices, facts: { selectorLoss, upperWeight } };
    },
    methodState: selector,
    checkpoint: {
      load: async () => await context.state.load('seal'),
      save: async (state) => await context.state.save('seal', state),
      // A checkpoint holds every row's logit: what is written stays in proportion to the steps.
      everySteps: Math.max(20, Math.ceil(rows.length / 500)),
      fingerprint: hashOfValue({ config, numRows: rows.length, numTrusted: trusted.length, model: model.contentHash }),
    },
    phase: 'SEAL: model and selector in turn',
    reporter: context.reporter,
    ...(context.signal && { signal: context.signal }),
  });
}
