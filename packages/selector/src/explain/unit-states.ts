import type { RowFeatures } from '../row-features.ts';

/** Below this share of its own length a centred state is rounding: it says that the row is the mean of the pool. */
const ROUNDING = 1e-5;

/** Unit vectors of rows, f32 [N, size]; NaN for rows without a state, 0 for a row that is the pool's mean. */
export interface UnitStates {
  readonly size: number;
  readonly vectors: Float32Array;
}

/**
 * Directions of the rows' mean hidden states, prompt and answer side by side, from the pool's mean: without it, all states of a language
 * model point the same way and every cosine is near 1.
 */
export function unitStates({ prompt, answer, loss, hiddenSize }: RowFeatures): UnitStates {
  const size = 2 * hiddenSize;
  const numRows = loss.length;
  const valueAt = (row: number, j: number) => (j < hiddenSize ? prompt[row * hiddenSize + j]! : answer[row * hiddenSize + j - hiddenSize]!);
  const mean = new Float64Array(size);
  let count = 0;
  for (let row = 0; row < numRows; row++) {
    if (Number.isNaN(loss[row]!)) continue;
    count++;
    for (let j = 0; j < size; j++) mean[j]! += valueAt(row, j);
  }
  for (let j = 0; j < size; j++) mean[j]! /= Math.max(1, count);
  const vectors = new Float32Array(numRows * size).fill(NaN);
  const centred = new Float64Array(size);
  for (let row = 0; row < numRows; row++) {
    if (Number.isNaN(loss[row]!)) continue;
    let [norm, whole] = [0, 0];
    for (let j = 0; j < size; j++) {
      const value = valueAt(row, j);
      centred[j] = value - mean[j]!;
      norm += centred[j]! ** 2;
      whole += value ** 2;
    }
    const scale = norm > ROUNDING ** 2 * whole ? 1 / Math.sqrt(norm) : 0;
    for (let j = 0; j < size; j++) vectors[row * size + j] = scale * centred[j]!;
  }
  return { size, vectors };
}
