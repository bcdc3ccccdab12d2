import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from './normal-quantile.ts';

interface Golden {
  readonly quantiles: readonly { readonly probability: number; readonly quantile: number }[];
}

const { quantiles } = JSON.parse(readFileSync(goldenPath('selector', 'normal-scores.json'), 'utf8')) as Golden;

describe('normalQuantile', () => {
  it('agrees with scipy from the middle to probabilities of 1e-300', () => {
    expect(quantiles.map(({ probability }) => normalQuantile(probability))).toBeAllclose(
      quantiles.map(({ quantile }) => quantile),
      { rtol: 1e-14, atol: 1e-15 },
    );
    expect(Math.min(...quantiles.map(({ probability }) => probability))).toBeLessThan(1e-290);
  });

  it('has the published percentage points, and turns its sign about 1/2', () => {
    expect([0.5, 0.975, 0.995, 0.025].map(normalQuantile)).toBeAllclose([0, 1.959963984540054, 2.5758293035489004, -1.959963984540054], {
      rtol: 1e-15,
      atol: 0,
    });
    expect(normalQuantile(0.25)).toBe(-normalQuantile(0.75));
  });

  it('is infinite at 0 and 1, and not a number beyond', () => {
    expect([0, 1, -0.1, 1.1, NaN].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN, NaN]);
  });
});
