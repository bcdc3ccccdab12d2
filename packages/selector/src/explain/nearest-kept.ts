import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '@pharmacist/core';
import { checkpointed } from '../checkpointed.ts';
import type { SelectionContext } from '../selector.ts';
import type { UnitStates } from './unit-states.ts';

/** Rows that are compared with the core at a time. */
const BLOCK = 256;

export interface NearestKept {
  /** Place of the kept row that is most similar, i32 [N]; -1 where there is none. A kept row's neighbour is another one. */
  readonly nearest: Int32Array;
  /** Its cosine, f64 [N]; NaN where there is none. */
  readonly similarity: Float64Array;
}

/**
 * For each row the nearest row of the core subset, by cosine; of equally near ones the first. Time grows with rows x kept rows x size; memory
 * is a vector and 12 bytes a row. Two rows that both are the pool's mean are alike (1), one that is and one that is not are unlike (0).
 */
export async function nearestKept(context: SelectionContext, { vectors, size }: UnitStates, isKept: Uint8Array): Promise<NearestKept> {
  const numRows = isKept.length;
  const hasState = (row: number) => !Number.isNaN(vectors[row * size]!);
  const isMean = (row: number) => vectors.subarray(row * size, (row + 1) * size).every((value) => value === 0);
  const kept = Array.from(isKept.keys()).filter((row) => isKept[row] === 1 && hasState(row));
  const nearest = new Int32Array(numRows).fill(-1);
  const similarity = new Float64Array(numRows).fill(NaN);
  const means = new Set(Array.from(isKept.keys()).filter((row) => hasState(row) && isMean(row)));
  const compare = (row: number, core: number) => {
    if (row === core || !hasState(row)) return;
    const cosine = means.has(row) && means.has(core) ? 1 : dot(vectors, row * size, core * size, size);
    if (nearest[row] === -1 || cosine > similarity[row]!) {
      nearest[row] = core;
      similarity[row] = cosine;
    }
  };
  await checkpointed(context, {
    name: 'explain-nearest',
    values: { nearest, similarity },
    async *steps(start) {
      for (let block = start * BLOCK; block < numRows; block += BLOCK) {
        throwIfAborted(context.signal);
        const end = Math.min(block + BLOCK, numRows);
        for (const core of kept) for (let row = block; row < end; row++) compare(row, core);
        context.reporter.progress({ phase: 'Nearest kept rows', done: end, total: numRows, unit: 'rows' });
        await setImmediate();
        yield;
      }
    },
  });
  return { nearest, similarity };
}

function dot(vectors: Float32Array, a: number, b: number, size: number): number {
  let sum = 0;
  for (let j = 0; j < size; j++) sum += vectors[a + j]! * vectors[b + j]!;
  return sum;
}
