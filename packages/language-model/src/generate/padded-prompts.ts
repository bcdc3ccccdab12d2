import { MASKED_SCORE } from '../decoder/attend.ts';

/** Prompts of one batch, padded on the left to T tokens, so that every row's next token falls into the same cache slot. */
export interface PaddedPrompts {
  /** i32 [B, T] */
  readonly inputIds: Int32Array;
  /** i32 [B, T]: 0 .. L - 1 over the L tokens of a row, 0 over its padding. */
  readonly positions: Int32Array;
  /** f32 [B, T], added to scores: 0 at tokens, very negative at padding. */
  readonly mask: Float32Array;
}

/** @param length T, at least the longest prompt. @param batchSize B, at least the number of prompts; rows beyond are padding alone. */
export function padPrompts(prompts: readonly Int32Array[], length: number, batchSize: number, padId: number): PaddedPrompts {
  const inputIds = new Int32Array(batchSize * length).fill(padId);
  const positions = new Int32Array(batchSize * length);
  const mask = new Float32Array(batchSize * length).fill(MASKED_SCORE);
  prompts.forEach((prompt, b) => {
    const end = (b + 1) * length;
    const start = end - prompt.length;
    inputIds.set(prompt, start);
    positions.set([...prompt.keys()], start);
    mask.fill(0, start, end);
  });
  return { inputIds, positions, mask };
}
