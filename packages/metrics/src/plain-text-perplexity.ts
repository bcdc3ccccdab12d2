import { NumericError, Random } from '@pharmacist/core';
import { bootstrapInterval } from './interval.ts';

/** Loss of one text under a model. */
export interface TextLoss {
  /** Negative log-likelihood of its predicted tokens, summed, nats. */
  readonly loss: number;
  /** Tokens predicted. */
  readonly numTokens: number;
}

/** Perplexity of plain text: lower is better. */
export interface Perplexity {
  readonly value: number;
  /** Bootstrap 95 % over texts; null of one text, which has no spread. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly numTexts: number;
  readonly numTokens: number;
}

/**
 * Token-weighted perplexity, exp(sum of losses / sum of tokens): every token counts alike, whatever its text. Texts without a predicted
 * token are left out; of one text alone there is no interval.
 * @throws {NumericError} if no text has a token, or a loss is not finite.
 */
export function plainTextPerplexity(texts: readonly TextLoss[], { seed }: { readonly seed: number }): Perplexity {
  const used = texts.filter(({ numTokens }) => numTokens > 0);
  if (used.length === 0) {
    throw new NumericError('no text has a token to predict: a perplexity has no value', {
      where: 'metrics/plainTextPerplexity',
      hint: 'give texts of at least two tokens',
    });
  }
  const ofRows = (rows: Uint32Array) => {
    let [loss, tokens] = [0, 0];
    for (const row of rows) {
      loss += used[row]!.loss;
      tokens += used[row]!.numTokens;
    }
    return Math.exp(loss / tokens);
  };
  const { value, low, high } = bootstrapInterval(used.length, ofRows, { random: new Random(seed).split('perplexity') });
  const interval = used.length < 2 ? null : { low, high };
  return { value, interval, numTexts: used.length, numTokens: used.reduce((sum, { numTokens }) => sum + numTokens, 0) };
}
