import { DataError, lazyList, memberOf, TypedList } from '@pharmacist/core';
import { type Column, IdList, streamRecords, writeParquet } from '@pharmacist/data-io';
import { COMMON_COLUMNS, type Ranking } from '@pharmacist/selector';

/** Columns of an explained ranking: of texts, and of numbers beside the method's. */
export const EXPLAINED = {
  nearestKept: 'nearest_kept',
  nearestKeptSimilarity: 'nearest_kept_similarity',
  duplicateGroup: 'duplicate_group',
  /** Names of flags, with a comma between two. */
  flags: 'flags',
  /** The method's own reasons as JSON. */
  reasons: 'reasons',
} as const;
const TEXTS: ReadonlySet<string> = new Set([EXPLAINED.nearestKept, EXPLAINED.flags, EXPLAINED.reasons]);

/** A row of the pool in its place. */
export interface PlacedRow {
  readonly row: { readonly id: string };
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

/** What `ranking.parquet` holds, the best row first. */
export interface RankingTable {
  readonly ids: readonly string[];
  readonly scores: Float64Array;
  /** Whether the core subset holds the row. */
  readonly selected: readonly boolean[];
  /** Columns of numbers by name, in the order of the file; NaN where a row has none. */
  readonly columns: ReadonlyMap<string, Float64Array>;
  /** By id: the texts of rows that have some. */
  readonly texts: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/**
 * `ranking.parquet`: id, rank, score, selected and the method's own columns, then what explains them; one row a row of the pool, the best first.
 * Memory: a row group; values are made when they are written.
 * @param order of the ranking: numbers of the rows in the pool. @throws {InterruptedError}
 */
export async function writeRanking(
  path: string,
  ranked: readonly PlacedRow[],
  order: ArrayLike<number>,
  ranking: Ranking | ExplainedRanking,
  signal?: AbortSignal,
): Promise<void> {
  const columns: Column[] = [
    idColumn(ranked),
    { name: 'rank', type: 'int32', values: each(ranked, ({ rank }) => rank) },
    { name: 'score', type: 'double', values: each(ranked, ({ score }) => score) },
    { name: 'selected', type: 'boolean', values: each(ranked, ({ selected }) => selected) },
    ...ownColumns(ranking, order),
  ];
  await writeParquet(path, columns, { ...(signal && { signal }) });
}

/** `explanation.parquet`, beside a ranking that was written without: ids in the ranking's order, and the columns that explain it. */
export async function writeExplanation(
  path: string,
  ranked: readonly PlacedRow[],
  order: ArrayLike<number>,
  explained: Pick<ExplainedRanking, 'columns' | 'texts'>,
): Promise<void> {
  await writeParquet(path, [idColumn(ranked), ...ownColumns(explained, order)]);
}

/**
 * Reads what `writeRanking` wrote. Memory: the ids' characters, 8 bytes a number, and the texts that are kept.
 * @param explanation the file beside it that explains it: its columns come after the ranking's. @param textsOf ids of the rows whose texts are kept;
 * those of all if left out.
 * @throws {DataError} if the file is no ranking.
 */
export async function readRanking(
  path: string,
  { explanation, textsOf }: { readonly explanation?: string | undefined; readonly textsOf?: ReadonlySet<string> | undefined } = {},
): Promise<RankingTable> {
  const [ranking, further] = [
    await readTable(path, textsOf),
    explanation === undefined ? undefined : await readTable(explanation, textsOf),
  ];
  const scores = ranking.numbers.get('score');
  if (scores === undefined || ranking.selected.length !== ranking.ids.length) {
    throw new DataError('is no ranking', { where: path, hint: 'name a ranking.parquet that `pharmacist select` has written' });
  }
  const texts = new Map(ranking.texts);
  for (const [id, own] of further?.texts ?? []) texts.set(id, { ...texts.get(id), ...own });
  const own = [...ranking.numbers, ...(further?.numbers ?? [])].filter(([name]) => !COMMON_COLUMNS.has(name));
  return { ids: ranking.ids, scores, selected: ranking.selected, columns: new Map(own), texts };
}

function idColumn(ranked: readonly PlacedRow[]): Column {
  return { name: 'id', type: 'string', values: each(ranked, ({ row }) => row.id) };
}

function each<T>(ranked: readonly PlacedRow[], valueOf: (row: PlacedRow) => T): readonly T[] {
  const rowAt = memberOf(ranked);
  return lazyList(ranked.length, (place) => valueOf(rowAt(place)));
}

/** Columns of numbers and of texts, in the order of the ranking. */
function ownColumns({ columns, ...ranking }: Pick<Ranking, 'columns'> | ExplainedRanking, order: ArrayLike<number>): Column[] {
  const texts = 'texts' in ranking ? Object.entries(ranking.texts) : [];
  const inOrder = <T>(valueAt: (index: number) => T) => lazyList(order.length, (place) => valueAt(order[place]!));
  return [
    ...Object.entries(columns).map(([name, values]): Column => ({
      name,
      type: 'double',
      values: inOrder((index) => (Number.isNaN(values[index]!) ? null : values[index]!)),
    })),
    ...texts.map(([name, values]): Column => ({ name, type: 'string', values: inOrder((index) => values[index]!) })),
  ];
}

interface Table {
  readonly ids: readonly string[];
  readonly selected: readonly boolean[];
  readonly numbers: ReadonlyMap<string, Float64Array>;
  readonly texts: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

async function readTable(path: string, textsOf: ReadonlySet<string> | undefined): Promise<Table> {
  const ids = new IdList();
  const selected = new TypedList((length) => new Uint8Array(length));
  const numbers = new Map<string, TypedList<Float64Array>>();
  const texts = new Map<string, Record<string, string>>();
  for await (const { record } of streamRecords(path)) {
    const id = String(record['id']);
    const own: Record<string, string> = {};
    for (const [name, value] of Object.entries(record)) {
      if (name === 'id') continue;
      if (name === 'selected') selected.push(value === true ? 1 : 0);
      else if (TEXTS.has(name)) own[name] = typeof value === 'string' ? value : '';
      else columnOf(numbers, name, ids.length).push(typeof value === 'number' ? value : NaN);
    }
    const isAsked = textsOf === undefined || textsOf.has(id);
    const said = isAsked ? Object.entries(own).filter(([, text]) => text !== '') : [];
    if (said.length > 0) texts.set(id, Object.fromEntries(said));
    ids.push(id);
  }
  return {
    ids: lazyList(ids.length, (place) => ids.at(place)),
    selected: lazyList(selected.length, (place) => selected.at(place) === 1),
    numbers: new Map([...numbers].map(([name, list]) => [name, list.values()])),
    texts,
  };
}

/** The values so far: a column that holds nothing is one all the same, since who wrote it has looked. */
function columnOf(columns: Map<string, TypedList<Float64Array>>, name: string, place: number): TypedList<Float64Array> {
  const known = columns.get(name);
  if (known !== undefined) return known;
  const values = new TypedList((length) => new Float64Array(length));
  for (let i = 0; i < place; i++) values.push(NaN);
  columns.set(name, values);
  return values;
}
