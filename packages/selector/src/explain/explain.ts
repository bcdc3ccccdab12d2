/**
 * Why a row is where it is, for any method: what it has in common with the core subset, with the harmful and trusted rows and with its own
 * near-duplicates. Ours. One forward pass over the pool (features of `rowFeatures`), a search for near-duplicates (the filter `dedupe` with
 * its defaults) unless the ranking has one already, and a comparison of every row with the core; nothing of size N x N is held. Reasons of the method's own stand
 * beside it.
 */
import { dedupe } from '../filters/dedupe.ts';
import { backInPlace, idOrder, ordered } from '../id-order.ts';
import { rowFeatures } from '../row-features.ts';
import { rowSlices } from '../row-slices.ts';
import { type Columns, type PoolRow, type Ranking, type RowReasons, type SelectionContext, tokensOf } from '../selector.ts';
import { type FlagSources, flagRows, type RowFlag } from './flags.ts';
import { nearestKept } from './nearest-kept.ts';
import { unitStates } from './unit-states.ts';

export interface Explanation {
  /** `loss` if the method has none, `nearest_kept_similarity`, and `duplicate_group` if no filter gave it. */
  readonly columns: Columns;
  /** Id of the nearest row of the core, itself excluded, [N]; null for a row without an answer, or if there is no other. */
  readonly nearestKept: readonly (string | null)[];
  readonly flags: readonly (readonly RowFlag[])[];
  /** The method's own reasons, where it gives some; null for a row that it has not scored. */
  readonly reasons?: readonly (RowReasons | null)[];
}

/**
 * Explains a finished ranking.
 * @param isKept [N], 1 for the rows of the core subset, in the order of the pool like everything else.
 */
export async function explainRanking(
  context: SelectionContext,
  { columns, explain }: Ranking,
  { isKept, isRefusal }: { readonly isKept: Uint8Array } & Pick<FlagSources, 'isRefusal'>,
): Promise<Explanation> {
  // In the order of ids, as the methods: the order of the file decides nothing.
  const order = await idOrder(context.pool, context.signal);
  const pool = ordered(context.pool, order);
  const inOrder = { ...context, pool };
  const given = columns['duplicate_group'];
  const duplicateGroups =
    given === undefined
      ? (await dedupe.apply(inOrder, {})).columns['duplicate_group']!
      : Float64Array.from(ordered(Array.from(given), order));
  const features = await rowFeatures(inOrder, { rows: tokensOf(pool), name: 'explain-features', phase: 'Explaining: states of the rows' });
  const keptInOrder = Uint8Array.from(ordered(Array.from(isKept), order));
  const { nearest, similarity } = await nearestKept(inOrder, unitStates(features), keptInOrder);
  const flags = flagRows(pool, { harmful: context.harmful, trusted: context.trusted, duplicateGroups, isRefusal });
  const places = Array.from(pool.keys());
  order?.forEach((index, place) => (places[index] = place));
  return {
    columns: {
      ...(columns['loss'] === undefined && { loss: backInPlace(features.loss, order) }),
      nearest_kept_similarity: backInPlace(similarity, order),
      ...(given === undefined && { duplicate_group: backInPlace(duplicateGroups, order) }),
    },
    nearestKept: places.map((place) => pool[nearest[place]!]?.id ?? null),
    flags: places.map((place) => flags[place]!),
    ...(explain && { reasons: await reasonsOf(context, explain) }),
  };
}

async function reasonsOf(context: SelectionContext, explain: (row: PoolRow) => RowReasons | undefined): Promise<(RowReasons | null)[]> {
  const { pool } = context;
  const reasons: (RowReasons | null)[] = [];
  for await (const [start, end] of rowSlices(pool.length, 'Explaining: reasons of the method', context)) {
    for (const row of pool.slice(start, end)) reasons.push(explain(row) ?? null);
  }
  return reasons;
}
