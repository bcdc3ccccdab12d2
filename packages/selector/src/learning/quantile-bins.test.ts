import { InternalError, Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binFeature, MOST_BINS } from './quantile-bins.ts';

const ones = (length: number) => new Float64Array(length).fill(1);

describe('binFeature', () => {
  it('cuts between all neighbours where there are few values, and keeps missing ones apart', () => {
    const { thresholds, bins, hasMissing } = binFeature(Float64Array.of(5, 1, NaN, 2, 1), ones(5), 255);
    expect(thresholds).toEqual(Float64Array.of(1.5, 3.5));
    expect(bins).toEqual(Uint8Array.of(2, 0, 3, 1, 0));
    expect(hasMissing).toBe(true);
  });

  it('cuts at quantiles by weight where there are many', () => {
    const values = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect(binFeature(values, ones(6), 3).thresholds).toEqual(Float64Array.of(2.5, 4.5));
    // Half of the weight is the first value's.
    expect(binFeature(values, Float64Array.of(5, 1, 1, 1, 1, 1), 2).thresholds).toEqual(Float64Array.of(1.5));
    expect(binFeature(values, Float64Array.of(0, 1, 1, 1, 1, 0), 2).thresholds).toEqual(Float64Array.of(3.5));
  });

  it('has one bin for equal values, and none but the missing one for missing values', () => {
    expect(binFeature(Float64Array.of(2, 2), ones(2), 9)).toMatchObject({ thresholds: new Float64Array(), bins: Uint8Array.of(0, 0) });
    expect(binFeature(Float64Array.of(NaN, NaN), ones(2), 9)).toMatchObject({ thresholds: new Float64Array(), bins: Uint8Array.of(1, 1) });
  });

  it('fills a byte, no more', () => {
    const random = new Random('bins');
    const values = Float64Array.from({ length: 5000 }, (_, i) => (i % 10 === 0 ? NaN : random.normal()));
    const { thresholds, bins } = binFeature(values, ones(5000), MOST_BINS);
    expect(thresholds).toHaveLength(MOST_BINS - 1);
    expect([...new Set(bins)]).toHaveLength(MOST_BINS + 1);
    expect(() => binFeature(values, ones(5000), 256)).toThrow(InternalError);
    expect(() => binFeature(values, ones(5000), 1)).toThrow(InternalError);
  });

  it('keeps the order of values, and counts a weight of 2 as two rows', () => {
    const integers = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(integers, fc.integer({ min: 2, max: 12 }), (list, maxBins) => {
        const values = Float64Array.from(list);
        const { thresholds, bins } = binFeature(values, ones(list.length), maxBins);
        expect(thresholds.length).toBeLessThan(maxBins);
        values.forEach((value, i) => {
          const bin = bins[i]!;
          expect(value).toBeGreaterThan(thresholds[bin - 1] ?? -Infinity);
          expect(value).toBeLessThanOrEqual(thresholds[bin] ?? Infinity);
        });
        const doubled = binFeature(Float64Array.from([...list, ...list]), ones(2 * list.length), maxBins);
        expect(binFeature(values, ones(list.length).fill(2), maxBins).thresholds).toEqual(doubled.thresholds);
      }),
    );
  });
});
