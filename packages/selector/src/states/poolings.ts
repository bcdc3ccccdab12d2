import type { Batch, TokenizedRow } from '@pharmacist/language-model';
import { float32, type HostTensor } from '@pharmacist/tensor-kernels';

/** Answer tokens that `answer-first` averages unless told otherwise. */
const NUM_FIRST_TOKENS = 8;

/** Writes a row's weights over its tokens into zeros f32 [length of the row]. */
type Weigh = (weights: Float32Array, row: TokenizedRow, numFirstTokens: number) => void;

const uniform = (weights: Float32Array, start: number, end: number) => weights.fill(1 / (end - start), start, end);
const atEnd: Weigh = (weights) => uniform(weights, weights.length - 1, weights.length);

/** How a row's states become one vector: a mean over some of its tokens. The tokens of an answer include the end-of-text token. */
const POOLINGS = {
  /** All tokens, the t-th with weight t / sum of t, t from 1 (SGPT, arXiv 2202.08904). */
  'weighted-mean': (weights, { inputIds: { length } }) => {
    for (let t = 1; t <= length; t++) weights[t - 1] = (2 * t) / (length * (length + 1));
  },
  mean: (weights) => uniform(weights, 0, weights.length),
  /** The end of the whole text. Rows end with their answer, so that it is `answer-last` too: papers name it either way. */
  last: atEnd,
  'answer-mean': (weights, { numPromptTokens }) => uniform(weights, numPromptTokens, weights.length),
  'answer-last': atEnd,
  'answer-first': (weights, { numPromptTokens }, numFirstTokens) =>
    uniform(weights, numPromptTokens, Math.min(numPromptTokens + numFirstTokens, weights.length)),
  'prompt-mean': (weights, { numPromptTokens }) => uniform(weights, 0, numPromptTokens),
  'prompt-last': (weights, { numPromptTokens }) => uniform(weights, Math.max(0, numPromptTokens - 1), numPromptTokens),
} satisfies Readonly<Record<string, Weigh>>;

export type Pooling = keyof typeof POOLINGS;

/**
 * Averaging weights f32 [B, P, T] of each row by each pooling; they sum to 1, or are 0 where there is nothing to average (the prompt of a row without
 * one) and on padding.
 */
export function poolingShares(
  { batchSize, sequenceLength }: Batch,
  rows: readonly TokenizedRow[],
  poolings: readonly Pooling[],
  numFirstTokens = NUM_FIRST_TOKENS,
): HostTensor {
  const shares = new Float32Array(batchSize * poolings.length * sequenceLength);
  rows.forEach((row, b) =>
    poolings.forEach((pooling, p) => {
      const start = (b * poolings.length + p) * sequenceLength;
      const weigh: Weigh = POOLINGS[pooling];
      weigh(shares.subarray(start, start + row.inputIds.length), row, numFirstTokens);
    }),
  );
  return float32([batchSize, poolings.length, sequenceLength], shares);
}
