import { type RankStability, rankStability } from '@pharmacist/metrics';
import { type KindReport, plantedReport, plantedStrata, type StratumReport } from '@pharmacist/planted';
import { numKept } from '@pharmacist/selector';
import type { MeasuredRanking } from './pool-ranking.ts';

/** What one ranking is worth by the known truth, and what it took. */
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
   * Mean Spearman correlation with the rankings of the other seeds, over the rows that two seeds both ranked; null with one seed or without an order.
   * One value for all seeds. Where each seed drew its own pool, it holds what other company does to a row's score, too.
   */
  readonly stability: number | null;
  /** Rows that two seeds both ranked, on average. */
  readonly stabilityRows: number | null;
  readonly selectSeconds: number;
  /** Rows passed forward, and forward and backward. */
  readonly forwardRows: number;
  readonly backwardRows: number;
  /** The same by kind. Empty where no kind is known. */
  readonly kinds: readonly KindReport[];
  /** The same by the forms of each kind, where the rows name them. */
  readonly strata: readonly StratumReport[];
}

/** The results of rankings, one a share to keep. */
export function rankingResults(rankings: readonly MeasuredRanking[]): RankingResult[] {
  const stabilities = new Map<string, RankStability | null>();
  const stabilityOf = (of: string) => {
    const known = stabilities.get(of);
    if (known !== undefined) return known;
    const alike = rankings.filter((other) => groupOf(other) === of);
    const stability = rankStability(alike.map(rankedScores));
    stabilities.set(of, stability);
    return stability;
  };
  return rankings.flatMap((ranking) => {
    const { rows, pool, isSamePool, method, seed, selectSeconds, forwardRows, backwardRows } = ranking;
    const stability = stabilityOf(groupOf(ranking));
    return ranking.keeps.map((keep): RankingResult => {
      const kept = numKept(rows.length, keep);
      const truths = rows.map(({ kind, stratum, score, rank }) => ({ kind: kind!, stratum, score, selected: rank <= kept }));
      const planted = ranking.planted === undefined ? undefined : plantedReport(truths);
      return {
        pool,
        isSamePool,
        method,
        keep,
        seed,
        numRows: rows.length,
        numKept: kept,
        auroc: planted?.auroc ?? null,
        averagePrecision: planted?.averagePrecision ?? null,
        precisionKept: planted?.precisionKept ?? null,
        shareGood: planted?.shareGood ?? null,
        stability: stability?.correlation ?? null,
        stabilityRows: stability?.meanShared ?? null,
        selectSeconds,
        forwardRows,
        backwardRows,
        kinds: planted?.kinds ?? [],
        strata: planted === undefined ? [] : plantedStrata(truths),
      };
    });
  });
}

/** Scores by id. What stands at the end because nothing ranked it would tie there with every seed, and pass for order that stays. */
function rankedScores({ rows, numRanked }: MeasuredRanking): ReadonlyMap<string, number> {
  return new Map(rows.filter(({ rank }) => rank <= numRanked).map(({ id, score }) => [id, score]));
}

function groupOf({ pool, method }: MeasuredRanking): string {
  return `${pool ?? ''}/${method}`;
}
