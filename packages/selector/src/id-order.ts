import type { Ranking, SelectionContext } from './selector.ts';

/** Runs a method on the pool in the order of its ids and brings the scores back to the pool's own order: the order of a file decides nothing. */
export async function inIdOrder(context: SelectionContext, fit: (ordered: SelectionContext) => Promise<Ranking>): Promise<Ranking> {
  const { pool } = context;
  const order = pool.map((_, index) => index).sort((i, j) => (pool[i]!.id < pool[j]!.id ? -1 : 1));
  const ranking = await fit({ ...context, pool: order.map((index) => pool[index]!) });
  const back = (values: Float64Array): Float64Array => {
    const placed = new Float64Array(values.length);
    order.forEach((index, place) => (placed[index] = values[place]!));
    return placed;
  };
  const columns = Object.fromEntries(Object.entries(ranking.columns).map(([name, values]) => [name, back(values)]));
  return { ...ranking, scores: back(ranking.scores), columns };
}
