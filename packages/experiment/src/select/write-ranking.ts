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

/** The pool from the best to the worst row, with the core subset marked. */
export function rankRows(rows: readonly AlignmentRow[], { scores }: Ranking, keep: number): { ranked: RankedRow[]; order: number[] } {
  const order = rankingOrder(
    scores,
    rows.map(({ id }) => id),
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
): Promise<void> {
  await writeParquet(path, [
    { name: 'id', type: 'string', values: ranked.map(({ row }) => row.id) },
    { name: 'rank', type: 'int32', values: ranked.map(({ rank }) => rank) },
    { name: 'score', type: 'double', values: ranked.map(({ score }) => score) },
    { name: 'selected', type: 'boolean', values: ranked.map(({ selected }) => selected) },
    ...ownColumns(ranking, order),
  ]);
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
export async function writeCore(path: string, ranked: readonly RankedRow[]): Promise<void> {
  await writeJsonl(
    path,
    ranked.filter(({ selected }) => selected).map(({ row }) => row),
  );
}
