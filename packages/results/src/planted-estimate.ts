import { distinct } from '@pharmacist/core';
import { meanInterval, meanOf } from '@pharmacist/metrics';
import type { RankingResult } from './ranking-result.ts';

/** A figure of a method: each seed's mean over the pools that have it, then mean and interval over the seeds. */
export interface PlantedEstimate {
  readonly value: number;
  /** 95 % t interval over the seeds; undefined with one seed, or where every seed gave the same value. */
  readonly interval?: { readonly low: number; readonly high: number };
}

export type FigureOf = (result: RankingResult) => number | null;

/** @returns undefined if no result has the figure. */
export function plantedEstimate(results: readonly RankingResult[], figureOf: FigureOf): PlantedEstimate | undefined {
  const bySeed = new Map<number, number[]>();
  for (const result of results) {
    const value = figureOf(result);
    if (value === null) continue;
    const values = bySeed.get(result.seed);
    if (values === undefined) bySeed.set(result.seed, [value]);
    else values.push(value);
  }
  const means = [...bySeed.values()].map(meanOf);
  if (means.length === 0) return undefined;
  if (means.every((value) => value === means[0])) return { value: means[0]! };
  const { mean, low, high } = meanInterval(means);
  return { value: mean, interval: { low, high } };
}

/** Figure of good rows against one kind, or, for `shareKept`, of the kind itself. */
export function ofKind(kind: string, figure: 'auroc' | 'averagePrecision' | 'shareKept'): FigureOf {
  return ({ kinds }) => kinds.find((one) => one.kind === kind)?.[figure] ?? null;
}

/** AUROC of good rows against one form of a kind or, of a form of good rows, of these against all that are not good. */
export function ofStratum(kind: string, stratum: string): FigureOf {
  return ({ strata }) => strata.find((one) => one.kind === kind && one.stratum === stratum)?.auroc ?? null;
}

/** Kinds beside the good one, in the order of the results. */
export function otherKinds(results: readonly RankingResult[]): string[] {
  return distinct(results.flatMap(({ kinds }) => kinds.filter(({ auroc }) => auroc !== null).map(({ kind }) => kind))).sort();
}

/** One result a ranking: those of the largest share where a ranking was cut at several. Only precision and shares kept know the share. */
export function atLargestKeep(results: readonly RankingResult[]): RankingResult[] {
  const largest = Math.max(...results.map(({ keep }) => keep));
  return results.filter(({ keep }) => keep === largest);
}
