import { memberOf } from '@pharmacist/core';
import type { PoolRow, SelectionContext } from '../selector.ts';
import { rowSlices } from '../row-slices.ts';
import { type Fold, type HashedRow, hashedRow } from './fold.ts';

/** The pool by its texts' hashes. */
export interface HashedPool {
  /** The half of row i. */
  foldOf(i: number): Fold;
  /** Places of up to `size` rows that have an answer, of different texts, drawn by the seed; a smaller sample is the beginning of a larger one. */
  sample(size: number): number[];
}

/** Beside the half, in one byte. */
const HAS_ANSWER = 2;

/** Hashes each row once. Memory: 5 bytes a row. */
export async function hashPool(context: Pick<SelectionContext, 'pool' | 'random' | 'reporter' | 'signal'>): Promise<HashedPool> {
  const { pool, random } = context;
  const rowAt = memberOf(pool);
  const halves = new Uint8Array(pool.length);
  const keys = new Uint32Array(pool.length);
  const salt = random.split('pool sample').uint32() | 1;
  for await (const [start, end] of rowSlices(pool.length, 'Texts of the pool', context)) {
    for (let i = start; i < end; i++) {
      const { hash, fold, tokens } = hashedRow(rowAt(i));
      halves[i] = fold | (tokens.hasTargets ? HAS_ANSWER : 0);
      keys[i] = Math.imul(Number.parseInt(hash.slice(0, 8), 16) ^ salt, 0x9e3779b1) >>> 0;
    }
  }
  return {
    foldOf: (i) => ((halves[i]! & 1) === 0 ? 0 : 1),
    sample: (size) => {
      const hasAnswer = (i: number) => (halves[i]! & HAS_ANSWER) !== 0;
      const last = largestOfSmallest(chosen(keys, hasAnswer), size);
      // By key the first row of each text.
      const places = new Map<number, number>();
      keys.forEach((key, i) => {
        if (key <= last && !places.has(key) && hasAnswer(i)) places.set(key, i);
      });
      return [...places].sort(([a], [b]) => a - b).map(([, place]) => place);
    },
  };
}

/** A typed array's own `filter` collects what it keeps as boxed numbers first, 24 bytes each. */
function chosen(keys: Uint32Array, isChosen: (i: number) => boolean): Uint32Array {
  const found = new Uint32Array(keys.length);
  let numFound = 0;
  for (let i = 0; i < keys.length; i++) if (isChosen(i)) found[numFound++] = keys[i]!;
  return found.subarray(0, numFound);
}

/** The largest of the `size` smallest distinct numbers, or of all if they are fewer. Sorting numbers alone takes a tenth of the time of sorting places by them. */
function largestOfSmallest(numbers: Uint32Array, size: number): number {
  numbers.sort();
  let numDistinct = 0;
  let last = -1;
  for (const number of numbers) {
    if (number === last) continue;
    if (numDistinct === size) break;
    numDistinct++;
    last = number;
  }
  return last;
}

export function rowsAt(pool: readonly PoolRow[], places: readonly number[]): HashedRow[] {
  return places.map((place) => hashedRow(pool[place]!));
}
