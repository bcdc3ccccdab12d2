import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { NumericError } from '@pharmacist/core';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { pairedTest } from './paired-test.ts';

interface Golden {
  readonly tests: readonly {
    readonly first: readonly number[];
    readonly second: readonly number[];
    readonly meanDifference: number;
    readonly low: number;
    readonly high: number;
    readonly pValue: number;
    readonly signFlipP: number | null;
  }[];
}

const { tests } = JSON.parse(readFileSync(goldenPath('metrics', 'paired-tests.json'), 'utf8')) as Golden;

describe('pairedTest', () => {
  it.each(tests)('agrees with scipy: $first.length pairs, mean difference $meanDifference', (golden) => {
    const { meanDifference, interval, pValue, signFlipP } = pairedTest(golden.first, golden.second);
    expect([meanDifference, pValue!]).toBeAllclose([golden.meanDifference, golden.pValue], { rtol: 1e-11, atol: 1e-13 });
    // scipy's own quantile is off by 3e-11, and a limit near 0 is a difference of larger numbers.
    expect([interval!.low, interval!.high]).toBeAllclose([golden.low, golden.high], { rtol: 1e-10, atol: 1e-9 });
    if (golden.signFlipP !== null) expect(signFlipP).toBe(golden.signFlipP);
  });

  it('changes sign with the order of the methods and keeps its p values', () => {
    const { first, second } = tests[7]!;
    const [there, back] = [pairedTest(first, second), pairedTest(second, first)];
    expect(back.meanDifference).toBe(-there.meanDifference);
    expect(back.effectSize).toBe(-there.effectSize!);
    expect([back.pValue, back.signFlipP]).toEqual([there.pValue, there.signFlipP]);
  });

  it('measures the effect in deviations of the differences: 1, 2, 3 have mean 2 and deviation 1', () => {
    expect(pairedTest([1, 2, 3], [0, 0, 0]).effectSize).toBe(2);
  });

  it('has no sign-flip value below 2 / 2^N, and none above 16 pairs', () => {
    expect(pairedTest([9, 8, 7, 9, 8], [0, 0, 0, 0, 0]).signFlipP).toBe(2 / 32);
    const many = Array.from({ length: 17 }, (_, i) => i);
    expect(
      pairedTest(
        many,
        many.map(() => 0),
      ).signFlipP,
    ).toBeNull();
  });

  it('claims no certainty where every seed gave the same difference', () => {
    for (const second of [
      [1, 2, 3],
      [0.9, 1.9, 2.9],
    ]) {
      expect(pairedTest([1, 2, 3], second)).toMatchObject({ interval: null, pValue: null, effectSize: null });
    }
    expect(pairedTest([1, 2, 3], [1, 2, 3])).toMatchObject({ meanDifference: 0, signFlipP: 1 });
  });

  it('needs two finite pairs', () => {
    expect(() => pairedTest([1], [2])).toThrow(NumericError);
    expect(() => pairedTest([1, 2], [2])).toThrow(NumericError);
    expect(() => pairedTest([1, NaN], [2, 3])).toThrow(NumericError);
  });
});
