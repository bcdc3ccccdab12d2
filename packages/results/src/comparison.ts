import { writeParquet } from '@pharmacist/data-io';
import type { ResultMetric } from './result-row.ts';

/** What is compared unless the configuration says otherwise. */
export const COMPARED_METRICS = [
  'harmfulScoreAfter',
  'taskAccuracyAfter',
  'harmfulScoreBefore',
  'overRefusalBefore',
  'marginAfter',
  'notRefusedAfter',
] as const satisfies readonly ResultMetric[];

/** Of the reference: whether it is better or worse than the method with a corrected p value below .05. */
export type ComparisonVerdict = 'better' | 'worse' | 'not secured';

/** Two methods' figures at the same seeds: one row of `comparisons.parquet`. */
export interface Comparison {
  /** `cell`: one poison ratio, or before the attack; `pooled`: each seed's mean over the poison ratios. */
  readonly scope: 'cell' | 'pooled';
  readonly metric: ResultMetric;
  /** Label of the drawn pool; null where the alignment rows were ranked as they are. */
  readonly pool: string | null;
  readonly reference: string;
  readonly method: string;
  readonly defense: string;
  /** Share of the pool that is kept by those of the two that do not keep everything. */
  readonly keep: number;
  /** Null for a figure from before the attack, and for pooled ones. */
  readonly poisonRatio: number | null;
  /** Seeds at which both were measured. */
  readonly numSeeds: number;
  readonly referenceMean: number;
  readonly methodMean: number;
  /** Mean of reference minus method, in the metric's unit. */
  readonly difference: number;
  /** 95 % t interval of the difference, without correction; null where every seed gave the same difference. */
  readonly low: number | null;
  readonly high: number | null;
  /** Paired t test, two-sided; null like the interval. */
  readonly pValue: number | null;
  /** Holm's correction over the metric's family in this scope. */
  readonly pHolm: number | null;
  /** Exact sign-flip test; null above 16 seeds. */
  readonly signFlipP: number | null;
  /** Difference in standard deviations over seeds. */
  readonly effectSize: number | null;
  readonly verdict: ComparisonVerdict;
}

const COLUMNS = [
  ...(['scope', 'metric', 'pool', 'reference', 'method', 'defense'] as const).map((name) => ({ name, type: 'string' }) as const),
  ...(['keep', 'poisonRatio'] as const).map((name) => ({ name, type: 'double' }) as const),
  { name: 'numSeeds', type: 'int32' } as const,
  ...(['referenceMean', 'methodMean', 'difference', 'low', 'high', 'pValue', 'pHolm', 'signFlipP', 'effectSize'] as const).map(
    (name) => ({ name, type: 'double' }) as const,
  ),
  { name: 'verdict', type: 'string' } as const,
] satisfies readonly { name: keyof Comparison; type: string }[];

/** `comparisons.parquet`: one row a comparison. */
export async function writeComparisons(path: string, comparisons: readonly Comparison[]): Promise<void> {
  await writeParquet(
    path,
    COLUMNS.map(({ name, type }) => ({ name, type, values: comparisons.map((comparison) => comparison[name]) })),
  );
}

/** One comparison a pair, defense and share: where a metric was pooled over poison ratios, that one; it says most with the fewest tests. */
export function headlineComparisons(comparisons: readonly Comparison[]): Comparison[] {
  const pooled = new Set(comparisons.filter(({ scope }) => scope === 'pooled').map(({ metric }) => metric));
  return comparisons.filter(({ scope, metric }) => scope === 'pooled' || !pooled.has(metric));
}
