import type { AlignmentRow } from '@pharmacist/data-io';
import { numKept, rankingOrder, type Ranking } from '@pharmacist/selector';

export interface RankedRow {
  readonly row: AlignmentRow;
  /** 1 is the best. */
  readonly rank: number;
  readonly score: number;
  readonly selected: boolean;
}

/** The pool from the best to the worst row, with the core subset marked. @throws {InterruptedError} */
export async function rankRows(
  rows: readonly AlignmentRow[],
  { scores }: Ranking,
  { keep, signal }: { readonly keep: number; readonly signal?: AbortSignal | undefined },
): Promise<{ ranked: RankedRow[]; order: number[] }> {
  const order = await rankingOrder(
    scores,
    rows.map(({ id }) => id),
    signal,
  );
  const count = numKept(rows.length, keep);
  return {
    order,
    ranked: order.map((index, place) => ({ row: rows[index]!, rank: place + 1, score: scores[index]!, selected: place < count })),
  };
}
