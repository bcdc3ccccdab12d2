import { type Column, type ColumnType, writeParquet } from '@pharmacist/data-io';
import { brierScore, expectedCalibrationError, type ReliabilityBin, reliabilityCurve } from '@pharmacist/metrics';
import { GOOD } from '@pharmacist/planted';
import { GOOD_PROBABILITY } from './good-probability.ts';
import type { PoolRanking } from './pool-ranking.ts';

/** How far a method's probabilities that rows are good hold, over the rows of all pools and seeds at once. */
export interface MethodReliability {
  /** Label of the selection method. */
  readonly method: string;
  /** Rows with a probability. */
  readonly numRows: number;
  /** Rows without one: not scored, or left out by a filter. They are in no other figure. */
  readonly numUnknown: number;
  readonly meanPredicted: number;
  /** Share of good rows among those with a probability. */
  readonly shareGood: number;
  /** Ten bins of about equal count, the least probable rows first. */
  readonly curve: readonly ReliabilityBin[];
  /** Of the ten bins. */
  readonly calibrationError: number;
  readonly brierScore: number;
  /** Brier score of saying of every row the share of good rows in its pool. */
  readonly brierScoreOfShare: number;
}

/** Of every method that gives probabilities (column `good_probability` of its rankings), over its rankings of rows of known kinds. */
export function methodReliabilities(rankings: readonly PoolRanking[]): MethodReliability[] {
  const byMethod = new Map<string, PoolRanking[]>();
  for (const ranking of rankings) {
    const gives = ranking.planted !== undefined && ranking.rows.some(({ columns }) => columns[GOOD_PROBABILITY] !== undefined);
    if (gives) byMethod.set(ranking.method, [...(byMethod.get(ranking.method) ?? []), ranking]);
  }
  return [...byMethod].map(([method, own]) => reliabilityOf(method, own));
}

function reliabilityOf(method: string, rankings: readonly PoolRanking[]): MethodReliability {
  const rows = rankings.flatMap(({ rows: pool }) => {
    const shareGood = pool.filter(({ kind }) => kind === GOOD).length / pool.length;
    return pool.map(({ kind, columns }) => ({ isGood: kind === GOOD, probability: columns[GOOD_PROBABILITY], shareGood }));
  });
  const known = rows.filter((row) => row.probability !== undefined);
  const probabilities = Float64Array.from(known, ({ probability }) => probability!);
  const labels = known.map(({ isGood }) => isGood);
  const curve = reliabilityCurve(probabilities, labels);
  return {
    method,
    numRows: known.length,
    numUnknown: rows.length - known.length,
    meanPredicted: probabilities.reduce((sum, probability) => sum + probability, 0) / known.length,
    shareGood: labels.filter(Boolean).length / known.length,
    curve,
    calibrationError: expectedCalibrationError(curve),
    brierScore: brierScore(probabilities, labels),
    brierScoreOfShare: brierScore(
      Float64Array.from(known, ({ shareGood }) => shareGood),
      labels,
    ),
  };
}

const COLUMNS: readonly (readonly [type: ColumnType, name: string])[] = [
  ['string', 'method'],
  ['int32', 'bin'],
  ['int32', 'numRows'],
  ['double', 'meanPredicted'],
  ['double', 'shareGood'],
  ['int32', 'numUnknown'],
  ['double', 'calibrationError'],
  ['double', 'brierScore'],
  ['double', 'brierScoreOfShare'],
];

/** `reliability.parquet`: for each method that gives probabilities one row of all its rows (`bin` null), then one a bin, counted from 1. */
export async function writeReliability(path: string, reliabilities: readonly MethodReliability[]): Promise<void> {
  const records: Readonly<Record<string, unknown>>[] = reliabilities.flatMap((reliability) => [
    { ...reliability },
    ...reliability.curve.map(({ count: numRows, meanPredicted, observedFrequency: shareGood }, i) => {
      return { method: reliability.method, bin: i + 1, numRows, meanPredicted, shareGood };
    }),
  ]);
  const columns = COLUMNS.map(([type, name]): Column => ({ name, type, values: records.map((record) => record[name] ?? null) }));
  await writeParquet(path, columns);
}
