import type { Comparison, MethodReliability, RankingResult, ResultRow, PoolRanking } from '@pharmacist/results';

/** A fact of the run: a version, the engine, the machine, a time. */
export interface ReportFact {
  readonly name: string;
  readonly value: string | number;
}

/** The judge behind the harmful scores. */
export interface ReportJudge {
  readonly name: string;
  /** Whether it stands in for the field's own judge; the page then says so beside every harmful score. */
  readonly isProxy: boolean;
  readonly description: string;
}

/** A pool of known truth that the run drew. */
export interface ReportPool {
  readonly label: string;
  readonly size: number;
  /** Rows of each kind, the good one first. */
  readonly counts: Readonly<Record<string, number>>;
  /** Whether every seed ranked the same rows; else each drew its own. */
  readonly isSame: boolean;
}

/** Everything that the page shows. Texts may hold anything: they are escaped. */
export interface ReportData {
  readonly title: string;
  /** The resolved configuration as YAML. */
  readonly configuration: string;
  readonly record: readonly ReportFact[];
  readonly judge: ReportJudge;
  readonly results: readonly ResultRow[];
  /** Methods against each other over the seeds; empty with one seed. */
  readonly comparisons: readonly Comparison[];
  /** Rankings whose rows and scores are shown: all of them, or those of one pool. */
  readonly rankings: readonly PoolRanking[];
  /** What each ranking is worth by itself. */
  readonly rankingResults: readonly RankingResult[];
  /** Of the methods that give probabilities. */
  readonly reliabilities: readonly MethodReliability[];
  /** Labels of the oracle and of the full set, where the run compares them. */
  readonly bounds?: { readonly oracle: string; readonly full: string } | undefined;
  /** Empty where the alignment rows were ranked as they are. */
  readonly pools: readonly ReportPool[];
}
