import { type Column, type ColumnType, writeParquet } from '@pharmacist/data-io';
import type { KindReport, StratumReport } from '@pharmacist/planted';
import type { RankingResult } from './ranking-result.ts';

/** `kind` of the row that is about all kinds. */
const ALL = 'all';

/** Columns of both files. Null: not known, or no figure of such a group of rows. */
const COLUMNS = [
  ['string', ['pool', 'method']],
  ['double', ['keep']],
  ['int64', ['seed']],
  ['string', ['kind', 'stratum']],
  ['int32', ['numRows', 'numKept']],
  ['double', ['shareKept', 'auroc', 'averagePrecision', 'meanRank', 'meanPercentile']],
] as const satisfies TypedNames;

/** Of whole rankings: these stand in the rows of the kind `all`. */
const RANKING_COLUMNS = [
  ['boolean', ['isSamePool']],
  ['double', ['precisionKept', 'shareGood', 'stability', 'stabilityRows']],
  ['int64', ['forwardRows', 'backwardRows']],
] as const satisfies TypedNames;

type TypedNames = readonly (readonly [type: ColumnType, names: readonly string[]])[];
type Cells = Readonly<Record<string, unknown>>;

/**
 * `results.parquet` of a run that only ranks: for each pool, method, share to keep and seed one row of the kind `all` and, where kinds are known,
 * one for each kind and one for each stratum of it. Seconds are in the summary of run.json alone, as in results.ts.
 */
export async function writeRankingResults(path: string, results: readonly RankingResult[]): Promise<void> {
  const rows = results.flatMap((result) => [wholeRow(result), ...groupRows(result)]);
  await writeParquet(path, columnsOf(rows, [...COLUMNS, ...RANKING_COLUMNS]));
}

/** `planted.parquet`: the rows of kinds and strata alone; of a run that also aligns, whose results are cells. None where no kind is known. */
export async function writePlanted(path: string, results: readonly RankingResult[]): Promise<void> {
  await writeParquet(path, columnsOf(results.flatMap(groupRows), COLUMNS));
}

function wholeRow(result: RankingResult): Cells {
  const { numRows, numKept } = result;
  return { ...result, kind: ALL, shareKept: numKept / numRows };
}

function groupRows({ pool, method, keep, seed, kinds, strata }: RankingResult): Cells[] {
  const rowOf = (group: KindReport | StratumReport): Cells => {
    const { count: numRows, numKept } = group;
    return { pool, method, keep, seed, ...group, numRows, shareKept: numKept / numRows };
  };
  return kinds.flatMap((kind) => [rowOf(kind), ...strata.filter((stratum) => stratum.kind === kind.kind).map(rowOf)]);
}

/** A column that happens to hold nothing keeps its type. */
function columnsOf(records: readonly Cells[], types: TypedNames): Column[] {
  return types.flatMap(([type, names]) =>
    names.map((name): Column => ({ name, type, values: records.map((record) => record[name] ?? null) })),
  );
}
