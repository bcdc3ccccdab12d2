import { z } from 'zod';
import { rowFeatures } from '../row-features.ts';
import { type SelectionContext, tokensOf } from '../selector.ts';

/** What of a row is compared: the mean final hidden state over its answer, over its prompt, or both side by side. */
export const partOption = z.enum(['answer', 'prompt', 'both']);

/** Unit vectors of the rows that have an answer. */
export interface StateVectors {
  /** Components of a vector. */
  readonly size: number;
  /** f32 [M, size], each of length 1; `both` is the two unit vectors side by side, over sqrt(2). */
  readonly data: Float32Array;
  /** Place in the pool of each, ascending. */
  readonly indices: readonly number[];
}

/** One forward pass over the pool. */
export async function stateVectors(context: SelectionContext, part: z.infer<typeof partOption>): Promise<StateVectors> {
  const rows = tokensOf(context.pool);
  const { hiddenSize, prompt, answer } = await rowFeatures(context, { rows, name: 'features', phase: 'Hidden states of all rows' });
  const parts = part === 'both' ? [prompt, answer] : [part === 'answer' ? answer : prompt];
  const indices = rows.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
  const size = parts.length * hiddenSize;
  const data = new Float32Array(indices.length * size);
  indices.forEach((index, i) =>
    parts.forEach((states, p) => {
      const state = states.subarray(index * hiddenSize, (index + 1) * hiddenSize);
      const norm = Math.sqrt(state.reduce((sum, value) => sum + value * value, 0) * parts.length);
      // A row without a prompt has no state there: 0.
      if (norm > 0) for (let d = 0; d < hiddenSize; d++) data[i * size + p * hiddenSize + d] = state[d]! / norm;
    }),
  );
  return { size, data, indices };
}

/** Values of the vectors' rows as a column of the pool; NaN for the others. */
export function inPool(values: Float64Array, { indices }: StateVectors, numRows: number): Float64Array {
  const column = new Float64Array(numRows).fill(NaN);
  indices.forEach((index, i) => (column[index] = values[i]!));
  return column;
}
