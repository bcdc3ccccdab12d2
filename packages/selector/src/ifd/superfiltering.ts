import { z } from 'zod';
import { belowOthers } from '../below-others.ts';
import { defineSelector } from '../define-selector.ts';
import type { PoolRow, SelectionContext } from '../selector.ts';
import { type AnswerLosses, answerLosses, followingScores } from './following.ts';

const config = z.strictObject({
  /** The smaller model that scores: a bundled name or a directory. */
  model: z.string().min(1).default('tiny'),
  /** Rows whose prompt makes their answer less likely go after all others. */
  dropAboveOne: z.boolean().default(true),
});

/**
 * Superfiltering (arXiv 2402.00530): the instruction-following difficulty of IFD by a much smaller model than the one to be trained, as the
 * ratio of perplexities.
 *
 *   score = exp(s(A|Q)) / exp(s(A))      s as in ifd.ts, under the model `model` with its own tokenizer
 *
 * Highest first, dropped above 1. Cost: two forward passes of the smaller model. Deviations: those of ifd.ts. The bundled model scores unless
 * another is named (the paper: GPT-2); where that is the run's own, the method differs from `ifd` in the ratio alone.
 */
export const superfiltering = defineSelector({
  name: 'superfiltering',
  summary: 'perplexity of the answer with the prompt over that without it, by a smaller model, highest up to 1 first',
  source: 'arXiv 2402.00530',
  cost: 'forward',
  passes: '2 forward passes of the smaller model',
  models: ({ model }) => [model],
  // The rows once more, as the smaller model's tokens.
  rowBytes: () => 1000,
  config,
  async fit(context, options) {
    const losses = await lossesOfSmaller(context, options.model, context.pool, 'losses');
    const ratios = perplexityRatios(losses);
    // The other tokenizer may leave no room for an answer: such a row goes last.
    const scoresOf = (found: Float64Array) => belowOthers(followingScores(found, options), (i) => Number.isNaN(found[i]));
    return {
      scores: scoresOf(ratios),
      columns: { perplexity_ratio: ratios, loss: losses.prompted, loss_without_prompt: losses.unprompted },
      score: async (rows) => scoresOf(perplexityRatios(await lossesOfSmaller(context, options.model, rows))),
    };
  },
});

async function lossesOfSmaller(
  context: SelectionContext,
  name: string,
  rows: readonly PoolRow[],
  checkpoint?: string,
): Promise<AnswerLosses> {
  const { model, dispose } = await context.openModel(name);
  try {
    model.checkLength(context.maxLength, '--max-length');
    context.note('scoringModel', { name: model.name, contentHash: model.contentHash });
    // A row that teaches nothing stays without targets, even where the other tokenizer has room for its answer.
    const tokens = rows.map((row) => (row.tokens.hasTargets ? context.tokenize(row.text, { model }) : row.tokens));
    return await answerLosses({ ...context, model }, tokens, checkpoint);
  } finally {
    await dispose();
  }
}

function perplexityRatios({ prompted, unprompted }: AnswerLosses): Float64Array {
  return prompted.map((loss, i) => Math.exp(loss - unprompted[i]!));
}
