import type { PlantedReport } from '@pharmacist/planted';

/** A row of a finished ranking, with its text and what is known of it. */
export interface RankingRow {
  readonly id: string;
  /** 1 is the best. */
  readonly rank: number;
  readonly score: number;
  /** Whether the core subset holds it. */
  readonly selected: boolean;
  /** Source or planted kind: score distributions are drawn by it. */
  readonly kind?: string | undefined;
  /** The finer form of the kind: how the answer was spoiled, else what the rows call their stratum. */
  readonly stratum?: string | undefined;
  readonly prompt: string;
  readonly response: string;
  /** The method's own columns. */
  readonly columns: Readonly<Record<string, number>>;
  /** What explains the row in words (nearest kept row, flags), where the ranking was explained. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
}

/** What one selection method made of one pool. */
export interface PoolRanking {
  /** Label of the method. */
  readonly method: string;
  /** Label of the pool, if the run drew pools. */
  readonly pool?: string | undefined;
  readonly seed: number;
  /** In any order. */
  readonly rows: readonly RankingRow[];
  /** Where kinds are known. */
  readonly planted?: PlantedReport | undefined;
}

/** The same with where it is cut, and what it took. */
export interface MeasuredRanking extends PoolRanking {
  /** Whether every seed ranked the same rows; else each drew its own. */
  readonly isSamePool: boolean;
  /** Rows with an answer that no filter left out: the first places. Those after them have no order of their own. */
  readonly numRanked: number;
  /** Shares of the pool that are kept. */
  readonly keeps: readonly number[];
  readonly selectSeconds: number;
  /** Rows passed forward, and forward and backward. */
  readonly forwardRows: number;
  readonly backwardRows: number;
}
