import { NumericError, ShapeError } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auroc, averagePrecision, meanRank, precisionAt, spearman } from './ranking.ts';

const flags = (text: string) => Array.from(text, (letter) => letter === '+');

/** Rows with both classes; small integers, so that ties are common. */
const ranked = fc
  .array(fc.record({ score: fc.integer({ min: -5, max: 5 }), isPositive: fc.boolean() }), { minLength: 2, maxLength: 30 })
  .filter((rows) => rows.some((row) => row.isPositive) && rows.some((row) => !row.isPositive))
  .map((rows) => [rows.map((row) => row.score), rows.map((row) => row.isPositive)] as const);

describe('auroc', () => {
  it.each([
    // Pairs won by the positive: .35 beats .1 and not .4, .8 beats both (scikit-learn's own example).
    [[0.1, 0.4, 0.35, 0.8], '--++', 3 / 4],
    // One tie of four pairs counts half.
    [[1, 2, 2, 3], '-+-+', 3.5 / 4],
    [[1, 1, 1], '+-+', 1 / 2],
    [[3, 2, 1], '++-', 1],
    [[-Infinity, 0, Infinity], '+--', 0],
    // 2 > {1}: 1 pair; 5 > {1, 3, 4}: 3 pairs; of 6.
    [[1, 2, 3, 4, 5], '-+--+', 4 / 6],
  ])('%j with %s is %d', (scores, labels, expected) => {
    expect(auroc(scores, flags(labels))).toBeCloseTo(expected, 15);
  });

  it('is the share of pairs won, ties one half', () => {
    fc.assert(
      fc.property(ranked, ([scores, isPositive]) => {
        let [won, pairs] = [0, 0];
        for (let i = 0; i < scores.length; i++) {
          for (let j = 0; j < scores.length; j++) {
            if (!isPositive[i]! || isPositive[j]!) continue;
            pairs++;
            won += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
          }
        }
        expect(auroc(scores, isPositive)).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  it('turns around with the sign and with the labels, and keeps under a monotone map', () => {
    fc.assert(
      fc.property(ranked, ([scores, isPositive]) => {
        const area = auroc(scores, isPositive);
        const negated = scores.map((score) => -score);
        const flipped = isPositive.map((label) => !label);
        expect(auroc(negated, isPositive)).toBeCloseTo(1 - area, 12);
        expect(auroc(scores, flipped)).toBeCloseTo(1 - area, 12);
        const mapped = scores.map((score) => Math.exp(score) + score);
        expect(auroc(mapped, isPositive)).toBe(area);
        expect(averagePrecision(mapped, isPositive)).toBe(averagePrecision(scores, isPositive));
      }),
    );
  });

  it('has no value without both classes, with a NaN, or on unequal lengths', () => {
    expect(() => auroc([1, 2], [true, true])).toThrow('no row is negative: the value is not defined');
    expect(() => auroc([1, 2], [false, false])).toThrow('no row is positive');
    expect(() => auroc([], [])).toThrow(NumericError);
    expect(() => auroc([1, NaN], [true, false])).toThrow('value 1 of 2 is NaN');
    expect(() => auroc([1], [true, false])).toThrow(ShapeError);
  });
});

describe('averagePrecision', () => {
  it.each([
    // Positives at ranks 1 and 3: 1/2 (1/1) + 1/2 (2/3) (scikit-learn's own example, 0.8333).
    [[0.1, 0.4, 0.35, 0.8], '--++', 5 / 6],
    // Ranks 2 and 4 of 4: 1/2 (1/2) + 1/2 (2/4).
    [[4, 3, 2, 1], '-+-+', 1 / 2],
    // A tie enters at once: 3 rows, 2 positives.
    [[1, 1, 1], '+-+', 2 / 3],
    // 3: 1/2 (1/1); the tie of 2s: 1/2 (2/3); the rest gains nothing.
    [[1, 2, 2, 3], '-+-+', 5 / 6],
  ])('%j with %s is %d', (scores, labels, expected) => {
    expect(averagePrecision(scores, flags(labels))).toBeCloseTo(expected, 15);
  });

  it('is 1 for positives on top and needs one', () => {
    expect(averagePrecision([3, 2, 1], flags('++-'))).toBe(1);
    expect(averagePrecision([3, 2], flags('++'))).toBe(1);
    expect(() => averagePrecision([3, 2], flags('--'))).toThrow('no row is positive');
  });
});

describe('precisionAt', () => {
  it.each([
    [[4, 3, 2, 1], '+-++', 1, 1],
    [[4, 3, 2, 1], '+-++', 2, 1 / 2],
    [[1, 2, 3, 4], '+-++', 3, 2 / 3],
    // One sure hit and one of three tied rows, of which two are positive: (1 + 2/3) / 2.
    [[9, 5, 5, 5, 1], '++-+-', 2, 5 / 6],
    [[9, 5, 5, 5, 1], '++-+-', 5, 3 / 5],
  ])('%j with %s at %i is %d', (scores, labels, k, expected) => {
    expect(precisionAt(scores, flags(labels), k)).toBeCloseTo(expected, 15);
  });

  it.each([0, 1.5, 4, NaN])('refuses k = %d of 3', (k) => {
    expect(() => precisionAt([1, 2, 3], flags('+-+'), k)).toThrow(ShapeError);
  });
});

describe('meanRank', () => {
  it('counts from the top, ties in the middle', () => {
    expect(meanRank([10, 30, 20], flags('+-+'))).toBe(2.5); // ranks 3 and 2
    expect(meanRank([5, 5, 1], flags('+-+'))).toBe(2.25); // ranks 1.5 and 3
    expect(() => meanRank([1], [false])).toThrow(NumericError);
  });
});

describe('spearman', () => {
  it.each([
    // 1 - 6 sum d^2 / (n (n^2 - 1)): d = 0, 1, -1, 1, -1, sum 4, n = 5.
    [[1, 2, 3, 4, 5], [1, 3, 2, 5, 4], 1 - (6 * 4) / 120],
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]) = 0.8207826816681233: with ties, 8 / sqrt(10 * 9.5).
    [[1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 8 / Math.sqrt(95)],
    [[1, 2, 3], [-1, -20, -300], -1],
  ])('of %j and %j is %d', (x, y, expected) => {
    expect(spearman(x, y)).toBeCloseTo(expected, 15);
  });

  it('is symmetric and only sees the order', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 3, maxLength: 20 });
    fc.assert(
      fc.property(pairs, (rows) => {
        const [x, y] = [rows.map(([a]) => a), rows.map(([, b]) => b)];
        fc.pre(new Set(x).size > 1 && new Set(y).size > 1);
        const rho = spearman(x, y);
        expect(Math.abs(rho)).toBeLessThanOrEqual(1 + 1e-12);
        expect(spearman(y, x)).toBeCloseTo(rho, 12);
        expect(
          spearman(
            x.map((a) => a ** 3),
            y.map((b) => -b),
          ),
        ).toBeCloseTo(-rho, 12);
      }),
    );
  });

  it('has no value on a constant side', () => {
    expect(() => spearman([1, 1], [1, 2])).toThrow('every x is equal');
    expect(() => spearman([1, 2], [1, 1])).toThrow('every y is equal');
    expect(() => spearman([1, 2], [1])).toThrow(ShapeError);
  });
});
