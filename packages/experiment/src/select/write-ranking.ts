import { slices } from '@pharmacist/core';
import { type AlignmentRow, type Column, writeJsonl, writeParquet } from '@pharmacist/data-io';
import { numKept, rankingOrder, type Ranking } from '@pharmacist/selector';

export interface RankedRow {
  readonly row: AlignmentRow;
  /** 1 is the best. */
  readonly rank: number;
  readonly score: number;
  readonly selected: boolean;
}

/** A ranking with what explains it: further columns of numbers, and columns of texts. */
export interface ExplainedRanking extends Ranking {
  /** By name, one value a row of the pool; null where a row has none. */
  readonly texts: Readonly<Record<string, readonly (string | null)[]>>;
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

/** `ranking.parquet`: id, rank, score, selected and the method's own columns, then what explains them; one row a row of the pool, the best first. */
export async function writeRanking(
  path: string,
  ranked: readonly RankedRow[],
  order: readonly number[],
  ranking: Ranking | ExplainedRanking,
  signal?: AbortSignal,
): Promise<void> {
  const columns: Column[] = [
    { name: 'id', type: 'string', values: ranked.map(({ row }) => row.id) },
    { name: 'rank', type: 'int32', values: ranked.map(({ rank }) => rank) },
    { name: 'score', type: 'double', values: ranked.map(({ score }) => score) },
    { name: 'selected', type: 'boolean', values: ranked.map(({ selected }) => selected) },
    ...ownColumns(ranking, order),
  ];
  await writeParquet(path, columns, { ...(signal && { signal }) });
}

/** Columns of numbers and of texts, in the order of the ranking. */
export function ownColumns({ columns, ...ranking }: Ranking | ExplainedRanking, order: readonly number[]): Column[] {
  const texts = 'texts' in ranking ? Object.entries(ranking.texts) : [];
  return [
    ...Object.entries(columns).map(([name, values]): Column => ({
      name,
      type: 'double',
      values: order.map((index) => (Number.isNaN(values[index]!) ? null : values[index]!)),
    })),
    ...texts.map(([name, values]): Column => ({ name, type: 'string', values: order.map((index) => values[index]!) })),
  ];
}

/** `core.jsonl`: the chosen rows with their original fields untouched, the best first. */
export async function writeCore(path: string, ranked: readonly RankedRow[], signal?: AbortSignal): Promise<void> {
  await writeJsonl(path, selectedRows(ranked, signal));
}

async function* selectedRows(ranked: readonly RankedRow[], signal: AbortSignal | undefined): AsyncGenerator<AlignmentRow> {
  for await (const [start, end] of slices(ranked.length, { signal })) {
    for (const { row, selected } of ranked.slice(start, end)) if (selected) yield row;
  }
}
