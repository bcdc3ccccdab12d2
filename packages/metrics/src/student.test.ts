import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { studentQuantile, studentTail } from './student.ts';

interface Golden {
  readonly student: readonly { readonly t: number; readonly degreesOfFreedom: number; readonly tail: number }[];
  readonly quantiles: readonly { readonly t: number; readonly degreesOfFreedom: number }[];
}

const { student, quantiles } = JSON.parse(readFileSync(goldenPath('metrics', 'paired-tests.json'), 'utf8')) as Golden;

describe('studentTail', () => {
  it('agrees with scipy from the middle to p values of 1e-100', () => {
    const found = student.map(({ t, degreesOfFreedom }) => studentTail(t, degreesOfFreedom));
    expect(found).toBeAllclose(
      student.map(({ tail }) => tail),
      { rtol: 1e-12, atol: 0 },
    );
    expect(Math.min(...found)).toBeLessThan(1e-100);
  });

  it('does not see the sign', () => {
    expect(studentTail(-2.5, 4)).toBe(studentTail(2.5, 4));
  });
});

describe('studentQuantile', () => {
  // Two-sided 95 % points of the t distribution, e.g. Abramowitz & Stegun table 26.10.
  it.each([
    [1, 12.7062],
    [2, 4.30265],
    [3, 3.18245],
    [4, 2.77645],
    [5, 2.57058],
    [9, 2.26216],
    [29, 2.04523],
    [120, 1.97993],
  ])('of %i degrees of freedom', (degreesOfFreedom, expected) => {
    expect([studentQuantile(degreesOfFreedom)]).toBeAllclose([expected], { rtol: 1e-5, atol: 0 });
  });

  it('agrees with scipy', () => {
    const found = quantiles.map(({ degreesOfFreedom }) => studentQuantile(degreesOfFreedom));
    expect(found).toBeAllclose(
      quantiles.map(({ t }) => t),
      // scipy's own quantile is off by 3e-11; see the exact values below.
      { rtol: 1e-10, atol: 0 },
    );
  });

  it('is exact where there is a formula: one and two degrees of freedom', () => {
    const exact = [Math.tan(0.475 * Math.PI), 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2))];
    expect([studentQuantile(1), studentQuantile(2)]).toBeAllclose(exact, { rtol: 1e-12, atol: 0 });
  });
});
