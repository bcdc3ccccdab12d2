import { Random } from '@pharmacist/core';
import { plantedReport, plantedStrata, poolCounts, poolSchema, type PoolSpec } from '@pharmacist/planted';
import type { MethodReliability, PoolRanking, RankingResult, RankingRow } from '@pharmacist/results';
import type { ReportData } from '../../src/report-data.ts';

/** How far good rows lie above others by each made-up method, in standard deviations. */
const STRENGTHS: Readonly<Record<string, number>> = {
  oracle: 9,
  pharmacist: 2,
  seal: 1.8,
  less: 1.6,
  loss: 1,
  'perplexity-middle': 0.3,
  random: 0,
  'k-center': -0.2,
};
/** Forms of some kinds. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  good: ['refusal-long', 'redirection'],
  'low-quality': ['cut-words', 'spliced'],
};
const SEEDS = [0, 1, 2];
const KEEP = 0.4;

/** A ranking's figures, from its rows. */
export function rankingResult({ method, pool, seed, rows }: PoolRanking, isSamePool: boolean): RankingResult {
  const truths = rows.map(({ kind = '', stratum, score, selected }) => ({ kind, stratum, score, selected }));
  const planted = plantedReport(truths);
  const isFree = method === 'random' || method === 'oracle';
  return {
    pool,
    isSamePool,
    method,
    keep: KEEP,
    seed,
    numRows: rows.length,
    numKept: planted.numKept,
    auroc: planted.auroc,
    averagePrecision: planted.averagePrecision,
    precisionKept: planted.precisionKept,
    shareGood: planted.shareGood,
    stability: method === 'random' ? 0.013 : 0.87,
    stabilityRows: rows.length,
    selectSeconds: isFree ? 0.01 : 8.3 + seed,
    forwardRows: isFree ? 0 : 3 * rows.length,
    backwardRows: method === 'pharmacist' ? 2 * rows.length : 0,
    kinds: planted.kinds,
    strata: plantedStrata(truths),
  };
}

/** A planted benchmark as a user would have it: 8 methods x 8 pools x 3 seeds, made of seeded noise. No number is a result. */
export function syntheticBenchmark(base: ReportData): ReportData {
  const single = ['mislabelled', 'low-quality'].flatMap((kind) =>
    [0.05, 0.2, 0.5].map((share) => ({ label: `${kind}-${100 * share}`, size: 120, shares: { [kind]: share } })),
  );
  const mixed = { mislabelled: 0.15, benign: 0.15, 'low-quality': 0.15, duplicate: 0.1 };
  const pools = [
    ...single,
    { label: 'mixed-100', size: 100, shares: mixed },
    { label: 'mixed-200', size: 200, shares: mixed, seed: 0 },
  ].map((pool) => poolSchema.parse(pool));
  const rankings = pools.flatMap((pool) =>
    Object.keys(STRENGTHS).flatMap((method) => SEEDS.map((seed) => ({ pool, ranking: syntheticRanking(pool, method, seed) }))),
  );
  return {
    ...base,
    title: 'Planted pools (synthetic)',
    results: [],
    comparisons: [],
    rankings: rankings.flatMap(({ pool, ranking }) => (pool.label === 'mixed-200' && ranking.seed === 0 ? [ranking] : [])),
    rankingResults: rankings.map(({ pool, ranking }) => rankingResult(ranking, pool.seed !== undefined)),
    reliabilities: [syntheticReliability('pharmacist')],
    pools: pools.map((pool) => ({
      label: pool.label,
      size: pool.size,
      counts: Object.fromEntries(poolCounts(pool)),
      isSame: pool.seed !== undefined,
    })),
  };
}

/** A little too sure of itself. */
function syntheticReliability(method: string): MethodReliability {
  const curve = Array.from({ length: 10 }, (_, i) => ({ meanPredicted: 0.05 + 0.1 * i, observedFrequency: 0.1 + 0.08 * i, count: 276 }));
  return {
    method,
    numRows: 2760,
    numUnknown: 3,
    meanPredicted: 0.5,
    shareGood: 0.46,
    curve,
    calibrationError: 0.054,
    brierScore: 0.123,
    brierScoreOfShare: 0.245,
  };
}

function syntheticRanking(pool: PoolSpec, method: string, seed: number): PoolRanking {
  const random = new Random(`${pool.label} ${method} ${seed}`);
  const strength = STRENGTHS[method]!;
  const scored = [...poolCounts(pool)]
    .flatMap(([kind, count], kindIndex) =>
      Array.from({ length: count }, (_, i) => ({
        id: `${kind}-${i}`,
        kind,
        stratum: FORMS[kind]?.[i % 2],
        score: (kind === 'good' ? strength : kindIndex * 0.2) + random.normal(),
      })),
    )
    .sort((a, b) => b.score - a.score);
  const rows = scored.map(({ id, kind, stratum, score }, place): RankingRow => ({
    id,
    rank: place + 1,
    score,
    selected: place < Math.round(KEEP * pool.size),
    kind,
    stratum,
    prompt: `How do I look after plant ${place}?`,
    response: `Water it on day ${place % 7}.`,
    columns: {},
  }));
  return { method, pool: pool.label, seed, rows };
}
