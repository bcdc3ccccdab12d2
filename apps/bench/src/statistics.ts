import { InternalError } from '@pharmacist/core';

/** Median and spread of repeated measurements. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** 25th and 75th percentile, linear interpolation; their distance is the spread that is printed. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** Quantile with linear interpolation between the neighbours (type 7 of Hyndman & Fan 1996, numpy's default). @throws {InternalError} without values. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new InternalError('no values', { where: 'bench/quantile' });
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (place - Math.floor(place)) * (sorted[Math.ceil(place)]! - below);
}

/** @throws {InternalError} without values. */
export function summarise(values: readonly number[]): Summary {
  return {
    count: values.length,
    median: quantile(values, 0.5),
    min: quantile(values, 0),
    max: quantile(values, 1),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
  };
}

/**
 * numerator[i] / denominator[i]: both of one round, so that what slowed the machine in that round slowed both.
 * @throws {InternalError} if the counts differ.
 */
export function pairwiseRatios(numerator: readonly number[], denominator: readonly number[]): number[] {
  if (numerator.length !== denominator.length) {
    throw new InternalError(`${numerator.length} and ${denominator.length} measurements are not pairs`, { where: 'bench/pairwiseRatios' });
  }
  return numerator.map((value, i) => value / denominator[i]!);
}
