import { ShapeError } from '@pharmacist/core';
import { studentQuantile } from './student.ts';

/**
 * Mean and two-sided 95 % t interval: mean ± t(n - 1) s / sqrt(n), s with n - 1.
 * @param values [N], N >= 2: one a seed.
 * @throws {ShapeError} for fewer than two values.
 */
export function meanInterval(values: readonly number[]): { mean: number; low: number; high: number } {
  const n = values.length;
  if (n < 2) throw new ShapeError(`${n} values: an interval over seeds needs two`, { where: 'metrics/meanInterval' });
  const mean = meanOf(values);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const halfWidth = studentQuantile(n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - halfWidth, high: mean + halfWidth };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
