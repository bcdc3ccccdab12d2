import { distinct } from '@pharmacist/core';
import { holmAdjust, meanOf, pairedTest } from '@pharmacist/metrics';
import { METRIC_INFO } from './metric-info.ts';
import type { Comparison, ComparisonVerdict } from './comparison.ts';
import type { ResultMetric, ResultRow } from './result-row.ts';

/** A difference is secured if its corrected p value is below this. */
const ALPHA = 0.05;

/** Which methods are compared in what. */
export interface ComparisonPlan {
  /** Pairs of labels: a difference is the first one's figure minus the second one's. */
  readonly pairs: readonly (readonly [first: string, second: string])[];
  readonly metrics: readonly ResultMetric[];
}

/**
 * Paired tests over the seeds of a grid, Holm-corrected over a metric's whole family; the means over poison ratios are a family of their own,
 * since they are made of the same figures. A figure from before the attack knows no poison ratio and is compared once. A method that keeps
 * everything stands against every share of the other. What fewer than two seeds measured is left out.
 */
export function compareMethods(rows: readonly ResultRow[], { pairs, metrics }: ComparisonPlan): Comparison[] {
  return metrics.flatMap((metric) => {
    const places = pairs.flatMap((pair) => placesOf(rows, pair));
    const cells = places.flatMap((place) => {
      const ratios = distinct(place.first.map(({ poisonRatio }) => poisonRatio)).sort((a, b) => a - b);
      if (metric.endsWith('Before')) return compared(place, metric, ratios.slice(0, 1), null);
      return ratios.flatMap((ratio) => compared(place, metric, [ratio], ratio));
    });
    const pooled = places.flatMap((place) => {
      const ratios = distinct(place.first.map(({ poisonRatio }) => poisonRatio));
      return metric.endsWith('Before') || ratios.length < 2 ? [] : compared(place, metric, ratios, null);
    });
    return [...corrected(cells, 'cell'), ...corrected(pooled, 'pooled')];
  });
}

type Tested = Omit<Comparison, 'scope' | 'pHolm' | 'verdict'>;

/** Rows of two methods in one pool, under one defense and share. */
interface Place {
  readonly pool: string | null;
  readonly reference: string;
  readonly method: string;
  readonly defense: string;
  readonly keep: number;
  readonly first: readonly ResultRow[];
  readonly second: readonly ResultRow[];
}

function placesOf(rows: readonly ResultRow[], [reference, method]: readonly [string, string]): Place[] {
  const [first, second] = [reference, method].map((label) => rows.filter((row) => row.method === label)) as [ResultRow[], ResultRow[]];
  const keepsWhole = (own: readonly ResultRow[]) => own.every(({ keep }) => keep === 1);
  const at = (own: readonly ResultRow[], keep: number) => (keepsWhole(own) ? own : own.filter((row) => row.keep === keep));
  const keeps = distinct((keepsWhole(first) ? second : first).map(({ keep }) => keep)).sort((a, b) => a - b);
  return distinct(rows.map(({ pool }) => pool)).flatMap((pool) =>
    distinct(rows.map(({ defense }) => defense)).flatMap((defense) =>
      keeps.map((keep): Place => {
        const under = (own: readonly ResultRow[]) => at(own, keep).filter((row) => row.pool === pool && row.defense === defense);
        return { pool: pool ?? null, reference, method, defense, keep, first: under(first), second: under(second) };
      }),
    ),
  );
}

/** The test of a metric, each seed's figure averaged over the ratios; nothing if fewer than two seeds have all of them. */
function compared(place: Place, metric: ResultMetric, ratios: readonly number[], poisonRatio: number | null): Tested[] {
  const { first, second, pool, reference, method, defense, keep } = place;
  const figure = (rows: readonly ResultRow[], seed: number) =>
    ratios.reduce((sum, ratio) => {
      const row = rows.find((candidate) => candidate.seed === seed && candidate.poisonRatio === ratio);
      return sum + (row?.[metric] ?? NaN) / ratios.length;
    }, 0);
  const figures = distinct(first.map(({ seed }) => seed))
    .map((seed) => [figure(first, seed), figure(second, seed)] as const)
    .filter((values) => values.every((value) => Number.isFinite(value)));
  if (figures.length < 2) return [];
  const [ours, theirs] = [figures.map(([one]) => one), figures.map(([, other]) => other)];
  const { numPairs, meanDifference, interval, pValue, signFlipP, effectSize } = pairedTest(ours, theirs);
  return [
    {
      metric,
      pool,
      reference,
      method,
      defense,
      keep,
      poisonRatio,
      numSeeds: numPairs,
      referenceMean: meanOf(ours),
      methodMean: meanOf(theirs),
      difference: meanDifference,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
      pValue,
      signFlipP,
      effectSize,
    },
  ];
}

/** A difference without spread has no p value: it stays in the family, as one that proves nothing. */
function corrected(family: readonly Tested[], scope: Comparison['scope']): Comparison[] {
  const adjusted = holmAdjust(family.map(({ pValue }) => pValue ?? 1));
  return family.map((tested, i) => {
    const pHolm = tested.pValue === null ? null : adjusted[i]!;
    return { scope, ...tested, pHolm, verdict: verdictOf(tested, pHolm) };
  });
}

function verdictOf({ metric, difference }: Tested, pHolm: number | null): ComparisonVerdict {
  if (pHolm === null || !(pHolm < ALPHA)) return 'not secured';
  return difference < 0 === (METRIC_INFO[metric].better === 'lower') ? 'better' : 'worse';
}
