import { sortInTurns } from '@pharmacist/core';
import type { Ranking, SelectionContext } from './selector.ts';

/** Places of rows in the order of their ids. @throws {InterruptedError} */
export async function idOrder(rows: readonly { readonly id: string }[], signal: AbortSignal | undefined): Promise<number[]> {
  return await sortInTurns(rows.length, (i, j) => (rows[i]!.id < rows[j]!.id ? -1 : 1), { signal });
}

/** Values that were made in an order of rows, at the rows' own places. */
export function backInPlace(values: Float64Array, order: readonly number[]): Float64Array {
  const placed = new Float64Array(values.length);
  order.forEach((index, place) => (placed[index] = values[place]!));
  return placed;
}

/** Runs a method on the pool in the order of its ids and brings the scores back to the pool's own order: the order of a file decides nothing. */
export async function inIdOrder(context: SelectionContext, fit: (ordered: SelectionContext) => Promise<Ranking>): Promise<Ranking> {
  const { pool } = context;
  const order = await idOrder(pool, context.signal);
  const ranking = await fit({ ...context, pool: order.map((index) => pool[index]!) });
  const columns = Object.fromEntries(Object.entries(ranking.columns).map(([name, values]) => [name, backInPlace(values, order)]));
  return { ...ranking, scores: backInPlace(ranking.scores, order), columns };
}
