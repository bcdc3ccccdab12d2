import { NumericError, ShapeError, type Random } from '@pharmacist/core';

/** A figure with its bootstrap percentile interval. */
export interface Interval {
  /** The statistic on the rows themselves. */
  value: number;
  low: number;
  high: number;
  /** Share of the bootstrap distribution inside [low, high]. */
  confidence: number;
  numResamples: number;
}

export interface BootstrapOptions {
  /** Decides every resample: equal streams give equal intervals. */
  random: Random;
  /** Default 0.95. */
  confidence?: number;
  /** Default 2000. */
  numResamples?: number;
  /**
   * Group of each row, [N]: rows are redrawn within their group, so that group sizes stay. Needed where the statistic is not defined
   * without one of the groups (AUROC without a positive).
   */
  strata?: readonly (string | number | boolean)[];
}

/** A figure of the rows named by `rows`, indices with repetition. */
export type Statistic = (rows: Uint32Array) => number;

/**
 * Bootstrap percentile interval (Efron 1979): rows are drawn n at a time with replacement, and the interval runs between the quantiles
 * (1 - confidence) / 2 and (1 + confidence) / 2 of the statistic over the resamples, interpolated linearly.
 * @param n rows.   @param statistic is called once with 0..n-1 and once a resample, with an array that it must not keep.
 * @throws {NumericError} if a statistic is not finite; {ShapeError} if n, an option or the strata's length is out of range.
 */
export function bootstrapInterval(n: number, statistic: Statistic, options: BootstrapOptions): Interval {
  const { random, confidence = 0.95, numResamples = 2000, strata } = options;
  if (!Number.isInteger(n) || n < 1) throw new ShapeError(`${n} rows`, { where: 'metrics/bootstrapInterval' });
  if (!(confidence > 0 && confidence < 1)) throw new ShapeError(`confidence ${confidence} is not between 0 and 1`, { where: 'metrics' });
  if (!Number.isInteger(numResamples) || numResamples < 1) throw new ShapeError(`${numResamples} resamples`, { where: 'metrics' });
  if (strata !== undefined && strata.length !== n) {
    throw new ShapeError(`${strata.length} strata for ${n} rows`, { where: 'metrics/bootstrapInterval' });
  }

  const rows = Uint32Array.from({ length: n }, (_, i) => i);
  const value = finite(statistic(rows));
  const groups = groupRows(n, strata);
  const draws = new Float64Array(numResamples);
  for (let draw = 0; draw < numResamples; draw++) {
    let at = 0;
    for (const group of groups) {
      for (let i = 0; i < group.length; i++) rows[at++] = group[random.integer(group.length)]!;
    }
    draws[draw] = finite(statistic(rows));
  }
  draws.sort();
  return { value, low: quantile(draws, (1 - confidence) / 2), high: quantile(draws, (1 + confidence) / 2), confidence, numResamples };
}

/**
 * Interval of `first - second` on the same rows: both statistics see the same resample, so that what is common to both cancels. An
 * interval that leaves out 0 says that they differ.
 */
export function pairedBootstrapDifference(n: number, first: Statistic, second: Statistic, options: BootstrapOptions): Interval {
  return bootstrapInterval(n, (rows) => first(rows) - second(rows), options);
}

function groupRows(n: number, strata: BootstrapOptions['strata']): number[][] {
  const groups = new Map<unknown, number[]>();
  for (let i = 0; i < n; i++) {
    const group = groups.get(strata?.[i]);
    if (group === undefined) groups.set(strata?.[i], [i]);
    else group.push(i);
  }
  return [...groups.values()];
}

/** Linear interpolation between order statistics at (n - 1) q, numpy's default. */
function quantile(sorted: Float64Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new NumericError(`the statistic is ${value} on these rows`, { where: 'metrics/bootstrapInterval' });
  return value;
}
