import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { NumericError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { holmAdjust } from './holm.ts';

const { holm } = JSON.parse(readFileSync(goldenPath('metrics', 'paired-tests.json'), 'utf8')) as {
  readonly holm: readonly { readonly pValues: readonly number[]; readonly adjusted: readonly number[] }[];
};

describe('holmAdjust', () => {
  it.each(holm)('agrees with statsmodels: $pValues.length p values', ({ pValues, adjusted }) => {
    expect(holmAdjust(pValues)).toBeAllclose(adjusted, { rtol: 1e-14, atol: 0 });
  });

  it('is never below the p value and never turns the order around', () => {
    const pValues = holm.at(-1)!.pValues;
    const adjusted = holmAdjust(pValues);
    const byValue = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
    expect(adjusted.every((value, i) => value >= pValues[i]!)).toBe(true);
    expect(byValue.map((i) => adjusted[i]!)).toEqual([...adjusted].sort((a, b) => a - b));
  });

  it('refuses what is no p value', () => {
    expect(() => holmAdjust([0.1, NaN])).toThrow(NumericError);
    expect(holmAdjust([])).toEqual([]);
  });
});
