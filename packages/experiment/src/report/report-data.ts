import type { PlantedReport } from '@pharmacist/planted';
import type { Comparison } from '../run/comparison.ts';
import type { MethodReliability } from '../run/method-reliability.ts';
import type { RankingResult } from '../run/ranking-results.ts';
import type { ResultRow } from '../run/result-row.ts';

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

export interface ReportRankedRow {
  readonly id: string;
  /** 1 is the best. */
  readonly rank: number;
  readonly score: number;
  /** Whether the core subset holds it. */
  readonly selected: boolean;
  /** Source or planted kind: the score distributions are drawn by it. */
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

/** What one selection method made of the pool. */
export interface ReportRanking {
  /** Label of the method. */
  readonly method: string;
  /** Label of the pool, if the run drew pools. */
  readonly pool?: string | undefined;
  readonly seed: number;
  /** In any order. */
  readonly rows: readonly ReportRankedRow[];
  readonly planted?: PlantedReport | undefined;
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
  readonly rankings: readonly ReportRanking[];
  /** What each ranking is worth by itself. */
  readonly rankingResults: readonly RankingResult[];
  /** Of the methods that give probabilities. */
  readonly reliabilities: readonly MethodReliability[];
  /** Labels of the oracle and of the full set, where the run compares them. */
  readonly bounds?: { readonly oracle: string; readonly full: string } | undefined;
  /** Empty where the alignment rows were ranked as they are. */
  readonly pools: readonly ReportPool[];
}
