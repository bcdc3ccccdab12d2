import type { RunDirectory } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { isRefusal } from '@pharmacist/metrics';
import { EXPLAINED, type ExplainedRanking } from '@pharmacist/results';
import { explainRanking, type Ranking, ROW_FLAGS, type SelectionContext } from '@pharmacist/selector';
import { rankRows } from './rank-rows.ts';

/**
 * Adds to a ranking why each row is where it is: `loss`, `nearest_kept` with its similarity, `duplicate_group`, `flags` and, of methods that give some, `reasons`.
 * @param context of the whole pool, rows that a filter left out included.
 */
export async function explainSelection(
  run: RunDirectory,
  context: SelectionContext,
  ranking: Ranking,
  { rows, keep }: { readonly rows: readonly AlignmentRow[]; readonly keep: number },
): Promise<ExplainedRanking> {
  const { ranked, order } = await rankRows(rows, ranking, { keep, signal: context.signal });
  const isKept = new Uint8Array(rows.length);
  order.forEach((index, place) => (isKept[index] = ranked[place]!.selected ? 1 : 0));
  const { columns, nearestKept, flags, reasons } = await explainRanking(context, ranking, { isKept, isRefusal });
  const numFlagged = ROW_FLAGS.map(({ name }) => [name, flags.filter((own) => own.includes(name)).length]);
  run.note('explained', { flags: Object.fromEntries(numFlagged) });
  return {
    ...ranking,
    columns: { ...ranking.columns, ...columns },
    texts: {
      [EXPLAINED.nearestKept]: nearestKept,
      [EXPLAINED.flags]: flags.map((own) => own.join(',')),
      ...(reasons && { [EXPLAINED.reasons]: reasons.map((own) => own && JSON.stringify(own)) }),
    },
  };
}
