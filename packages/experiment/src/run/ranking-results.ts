import { type Column, type ColumnType, writeParquet } from '@pharmacist/data-io';
import { type KindReport, plantedReport, type RankStability, rankStability } from '@pharmacist/metrics';
import { numKept } from '@pharmacist/selector';
import { secondsOf } from '../stage/seconds-of.ts';
import type { RankedSelection } from './read-rankings.ts';

/** What one ranking is worth by the known truth, and what it took: one row of `results.parquet` of a run that only ranks, but for its seconds. */
export interface RankingResult {
  /** Undefined: the alignment rows as they are. */
  readonly pool: string | undefined;
  /** Whether every seed ranked the same rows; else each drew its own. */
  readonly isSamePool: boolean;
  /** Label of the selection method. */
  readonly method: string;
  /** Share of the pool that is kept, 0 to 1. */
  readonly keep: number;
  readonly seed: number;
  readonly numRows: number;
  readonly numKept: number;
  /** Null where no kind is known: AUROC and average precision of the good rows against all others, share of good rows among the kept and among all. */
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  readonly precisionKept: number | null;
  readonly shareGood: number | null;
  /**
   * Mean Spearman correlation with the rankings of the other seeds, over the rows that two seeds share; null with one seed or without an order.
   * One value for all seeds. Where each seed drew its own pool, it holds what other company does to a row's score, too.
   */
  readonly stability: number | null;
  /** Rows that two seeds share, on average. */
  readonly stabilityRows: number | null;
  readonly selectSeconds: number;
  /** Rows passed forward, and forward and backward. */
  readonly forwardRows: number;
  readonly backwardRows: number;
  /** The same by kind: the rows of `planted.parquet`. Empty where no kind is known. */
  readonly kinds: readonly KindReport[];
}

/** The results of rankings, one a share to keep. */
export function rankingResults(rankings: readonly RankedSelection[]): RankingResult[] {
  const stabilities = new Map<string, RankStability | null>();
  const stabilityOf = (of: string) => {
    const known = stabilities.get(of);
    if (known !== undefined) return known;
    const alike = rankings.filter((other) => groupOf(other) === of);
    const stability = rankStability(alike.map(({ rows }) => new Map(rows.map(({ id, score }) => [id, score]))));
    stabilities.set(of, stability);
    return stability;
  };
  return rankings.flatMap((ranking) => {
    const { step, result, rows } = ranking;
    const { passes, timing } = result.record;
    const stability = stabilityOf(groupOf(ranking));
    return step.keeps.map((keep): RankingResult => {
      const kept = numKept(rows.length, keep);
      const planted =
        result.planted === undefined
          ? undefined
          : plantedReport(rows.map(({ kind, score, rank }) => ({ kind: kind!, score, selected: rank <= kept })));
      return {
        pool: step.pool?.spec.label,
        isSamePool: step.pool === undefined || step.pool.spec.seed !== undefined,
        method: step.method.label,
        keep,
        seed: step.seed,
        numRows: rows.length,
        numKept: kept,
        auroc: planted?.auroc ?? null,
        averagePrecision: planted?.averagePrecision ?? null,
        precisionKept: planted?.precisionKept ?? null,
        shareGood: planted?.shareGood ?? null,
        stability: stability?.correlation ?? null,
        stabilityRows: stability?.meanShared ?? null,
        selectSeconds: secondsOf(timing.phases, 'tokenise', 'rank'),
        forwardRows: passes['forwardRows'] ?? 0,
        backwardRows: passes['backwardRows'] ?? 0,
        kinds: planted?.kinds ?? [],
      };
    });
  });
}

function groupOf({ step: { pool, method } }: RankedSelection): string {
  return `${pool?.spec.label ?? ''}/${method.label}`;
}

type TypedNames = readonly (readonly [type: ColumnType, names: readonly string[]])[];

const RESULT_COLUMNS = [
  ['string', ['pool', 'method']],
  ['double', ['keep']],
  ['int64', ['seed']],
  ['int32', ['numRows', 'numKept']],
  ['boolean', ['isSamePool']],
  ['double', ['auroc', 'averagePrecision', 'precisionKept', 'shareGood', 'stability', 'stabilityRows']],
  ['int64', ['forwardRows', 'backwardRows']],
] as const satisfies readonly (readonly [ColumnType, readonly (keyof RankingResult)[]])[];

const KIND_COLUMNS: TypedNames = [
  ['string', ['pool', 'method']],
  ['double', ['keep']],
  ['int64', ['seed']],
  ['string', ['kind']],
  ['int32', ['count', 'numKept']],
  ['double', ['shareKept', 'auroc', 'averagePrecision', 'meanRank', 'meanPercentile']],
];

/**
 * `results.parquet` of a run that only ranks: one row a pool, method, share to keep and seed. Columns of what is not known are null. Seconds
 * are in the summary of run.json alone, as in results.ts.
 */
export async function writeRankingResults(path: string, results: readonly RankingResult[]): Promise<void> {
  await writeParquet(
    path,
    columnsOf(
      results.map((result) => ({ ...result })),
      RESULT_COLUMNS,
    ),
  );
}

/** `planted.parquet`: one row a pool, method, share to keep, seed and kind; no row where no kind is known. */
export async function writePlanted(path: string, results: readonly RankingResult[]): Promise<void> {
  const records = results.flatMap(({ pool, method, keep, seed, kinds }) => kinds.map((kind) => ({ pool, method, keep, seed, ...kind })));
  await writeParquet(path, columnsOf(records, KIND_COLUMNS));
}

/** A column that happens to hold nothing keeps its type. */
function columnsOf(records: readonly Readonly<Record<string, unknown>>[], types: TypedNames): Column[] {
  return types.flatMap(([type, names]) =>
    names.map((name): Column => ({ name, type, values: records.map((record) => record[name] ?? null) })),
  );
}
