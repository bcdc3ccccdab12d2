import { lazyList, memberOf, slices, sortInTurns } from '@pharmacist/core';
import type { ColumnValues, Ranking, SelectionContext } from './selector.ts';

interface Identified {
  readonly id: string;
}

/** Places of rows in the order of their ids; undefined if they are in that order. @throws {InterruptedError} */
export async function idOrder(rows: readonly Identified[], signal: AbortSignal | undefined): Promise<Int32Array | undefined> {
  if (await areInOrder(rows, signal)) return undefined;
  return await sortInTurns(rows.length, (i, j) => (rows[i]!.id < rows[j]!.id ? -1 : 1), { signal });
}

/** A large pool comes in order: to see that takes a look at each row, to sort it dozens. */
async function areInOrder(rows: readonly Identified[], signal: AbortSignal | undefined): Promise<boolean> {
  const rowAt = memberOf(rows);
  let before: string | undefined;
  for await (const [start, end] of slices(rows.length, { signal })) {
    for (let i = start; i < end; i++) {
      const { id } = rowAt(i);
      if (before !== undefined && !(before < id)) return false;
      before = id;
    }
  }
  return true;
}

/** Members in an order; the list itself if there is none. */
export function ordered<T>(list: readonly T[], order: Int32Array | undefined): readonly T[] {
  return order === undefined ? list : reordered(memberOf(list), order);
}

function reordered<T>(at: (index: number) => T, order: Int32Array): readonly T[] {
  return lazyList(order.length, (place) => at(order[place]!));
}

/** Values that were made in an order of rows, at the rows' own places. */
export function backInPlace<A extends ColumnValues>(values: A, order: Int32Array | undefined): A {
  if (order === undefined) return values;
  const placed = values.slice() as A;
  order.forEach((index, place) => (placed[index] = values[place]!));
  return placed;
}

/** Runs a method on the pool in the order of its ids and brings the scores back to the pool's own order: the order of a file decides nothing. */
export async function inIdOrder(context: SelectionContext, fit: (ordered: SelectionContext) => Promise<Ranking>): Promise<Ranking> {
  const { pool } = context;
  const order = await idOrder(pool, context.signal);
  const ranking = await fit({ ...context, pool: ordered(pool, order) });
  const columns = Object.fromEntries(Object.entries(ranking.columns).map(([name, values]) => [name, backInPlace(values, order)]));
  return { ...ranking, scores: backInPlace(ranking.scores, order), columns };
}
