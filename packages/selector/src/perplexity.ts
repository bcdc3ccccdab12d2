import { z } from 'zod';
import { belowOthers } from './below-others.ts';
import { meanLosses } from './mean-losses.ts';
import { nearTieRanks } from './near-tie-ranks.ts';
import { promptTexts } from './prompt-texts.ts';
import { defineSelector } from './define-selector.ts';
import { type PoolRow, tokensOf } from './selector.ts';

const config = z.strictObject({
  /** Which perplexities are best; middle means nearest to the median in rank. */
  order: z.enum(['lowest', 'middle', 'highest']).default('lowest'),
  /** Perplexity of the answer given the prompt, or of the prompt (with the template's words) alone. */
  of: z.enum(['answer', 'prompt']).default('answer'),
});

/**
 * Perplexity filtering: exp(mean NLL of the answer's tokens given the prompt) under the base model. No paper of ours to follow; the choices of
 * end and of text are those that the literature on pruning by perplexity compares.
 *
 * lowest, highest: score = -loss, +loss (the logarithm, which orders alike and cannot swallow differences). middle: score = -|rank - median|.
 * Of prompts, a row whose prompt is one token or none has no loss and goes last.
 * Cost: one forward pass over the pool.
 */
export const perplexity = defineSelector({
  name: 'perplexity',
  summary: "perplexity of the base model on each row's answer or prompt: lowest, middle or highest first",
  source: 'baseline',
  cost: 'forward',
  passes: '1 forward pass',
  // As measured of ten million rows.
  rowBytes: () => 96,
  config,
  async fit(context, { order, of }) {
    const textsOf = (rows: readonly PoolRow[]) => (of === 'answer' ? tokensOf(rows) : promptTexts(tokensOf(rows)));
    const phase = `Perplexity of ${of}s`;
    const loss = await meanLosses(context, { rows: textsOf(context.pool), name: 'losses', phase });
    const columns = { perplexity: loss.map(Math.exp), loss };
    // A prompt of one token has no perplexity: such a row goes last.
    const knownFirst = (scores: Float64Array) => belowOthers(scores, (i) => Number.isNaN(scores[i]));
    if (order === 'middle') return { scores: knownFirst(nearnessToMedian(loss)), columns };
    const sign = order === 'lowest' ? -1 : 1;
    const scoresOf = (losses: Float64Array) => knownFirst(losses.map((value) => sign * value));
    return {
      scores: scoresOf(loss),
      columns,
      score: async (rows) => scoresOf(await meanLosses(context, { rows: textsOf(rows), phase })),
    };
  },
});

/** Minus the distance to the median in ranks. Of two rows that lie equally far on its two sides, the lower comes first. */
function nearnessToMedian(values: Float64Array): Float64Array {
  const ranks = nearTieRanks(values);
  const median = (ranks.reduce((count, rank) => count + (Number.isNaN(rank) ? 0 : 1), 0) - 1) / 2;
  return ranks.map((rank) => -Math.abs(rank - median) - (rank > median ? 0.25 : 0));
}
