import '@pharmacist/tooling/vitest/matchers';
import { readFileSync } from 'node:fs';
import { goldenPath } from '@pharmacist/test-fixtures';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from './normal-quantile.ts';
import { normalScorer } from './normal-scores.ts';

/** A sample's scores against itself. */
const ownScores = (values: Float64Array) => normalScorer(values)(values);

interface Golden {
  readonly values: readonly (number | null)[];
  readonly scores: readonly (number | null)[];
  readonly fresh: readonly number[];
  readonly freshScores: readonly number[];
}

const golden = JSON.parse(readFileSync(goldenPath('selector', 'normal-scores.json'), 'utf8')) as Golden;
const values = Float64Array.from(golden.values, (value) => value ?? NaN);
const sample = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 30 }).map((list) => Float64Array.from(list));

describe('normalScorer of a sample itself', () => {
  it('agrees with scipy, ties and missing values included', () => {
    const scores = ownScores(values);
    expect([...scores].map((score) => !Number.isNaN(score))).toEqual(golden.scores.map((score) => score !== null));
    expect(scores.filter((score) => !Number.isNaN(score))).toBeAllclose(
      golden.scores.filter((score) => score !== null),
      { rtol: 1e-14, atol: 1e-15 },
    );
  });

  it('of three values are the quantiles of 1/6, 1/2 and 5/6', () => {
    expect(ownScores(Float64Array.of(7, -2, 100))).toEqual(Float64Array.of(0, normalQuantile(1 / 6), normalQuantile(5 / 6)));
  });

  it('are 0 without an order: one value, equal values, none', () => {
    expect(ownScores(Float64Array.of(3))).toEqual(Float64Array.of(0));
    expect(ownScores(Float64Array.of(3, NaN, 3))).toEqual(Float64Array.of(0, NaN, 0));
    expect(ownScores(Float64Array.of(NaN, NaN))).toEqual(Float64Array.of(NaN, NaN));
    expect(ownScores(new Float64Array())).toHaveLength(0);
  });

  it('do not see a monotone change, turn with the sign, and follow their rows', () => {
    fc.assert(
      fc.property(sample, (list) => {
        const scores = ownScores(list);
        expect(ownScores(list.map((value) => Math.exp(value) - 9))).toEqual(scores);
        expect(ownScores(list.map((value) => -value))).toBeAllclose(
          scores.map((score) => -score),
          { rtol: 1e-12, atol: 1e-15 },
        );
        expect(ownScores(list.toReversed())).toEqual(scores.toReversed());
      }),
    );
  });
});

describe('normalScorer', () => {
  it('agrees with scipy on values that are not in the reference', () => {
    expect(normalScorer(values)(Float64Array.from(golden.fresh))).toBeAllclose(golden.freshScores, { rtol: 1e-14, atol: 1e-15 });
  });

  it('keeps what lies outside the reference at its edges', () => {
    const score = normalScorer(Float64Array.of(1, 2, 3, 4));
    expect(score(Float64Array.of(-1e9, Infinity, NaN))).toEqual(Float64Array.of(normalQuantile(1 / 8), normalQuantile(7 / 8), NaN));
    expect(score(Float64Array.of(2.5, 2))).toEqual(Float64Array.of(0, normalQuantile(3 / 8)));
  });

  it('gives 0 against a flat reference, and nothing against an empty one', () => {
    expect(normalScorer(Float64Array.of(2, 2))(Float64Array.of(1, 2, 3, NaN))).toEqual(Float64Array.of(0, 0, 0, NaN));
    expect(normalScorer(Float64Array.of(NaN))(Float64Array.of(1))).toEqual(Float64Array.of(NaN));
  });

  it('never falls as the value rises', () => {
    fc.assert(
      fc.property(sample, sample, (reference, list) => {
        const scores = normalScorer(reference)(list.toSorted());
        scores.forEach((score, i) => expect(score).toBeGreaterThanOrEqual(scores[i - 1] ?? -Infinity));
      }),
    );
  });
});
