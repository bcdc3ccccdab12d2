import { lazyList, memberOf } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { numKept, rankingOrder, type Ranking } from '@pharmacist/selector';

export interface RankedRow {
  readonly row: AlignmentRow;
  /** 1 is the best. */
  readonly rank: number;
  readonly score: number;
  readonly selected: boolean;
}

/** The pool from the best to the worst row, with the core subset marked. @param rows in the order of their ids. @throws {InterruptedError} */
export async function rankRows(
  rows: readonly AlignmentRow[],
  { scores }: Pick<Ranking, 'scores'>,
  { keep, signal }: { readonly keep: number; readonly signal?: AbortSignal | undefined },
): Promise<{ ranked: readonly RankedRow[]; order: Int32Array }> {
  const order = await rankingOrder(scores, undefined, signal);
  const count = numKept(rows.length, keep);
  const rowAt = memberOf(rows);
  return {
    order,
    ranked: lazyList(order.length, (place) => {
      const index = order[place]!;
      return {
        get row() {
          return rowAt(index);
        },
        rank: place + 1,
        score: scores[index]!,
        selected: place < count,
      };
    }),
  };
}
