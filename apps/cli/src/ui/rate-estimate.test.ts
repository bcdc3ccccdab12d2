import { describe, expect, it } from 'vitest';
import { RateEstimate } from './rate-estimate.ts';

describe('RateEstimate', () => {
  it('is exact at a steady pace, however unevenly it is looked at', () => {
    const estimate = new RateEstimate(100, 0);
    for (const seconds of [1, 1.5, 7, 20]) estimate.add(100 + 5 * seconds, 1000 * seconds);
    expect(estimate.perSecond).toBeCloseTo(5, 10);
    expect(estimate.secondsLeft(300, 20_000)).toBeCloseTo(20, 10);
  });

  it('moves half of the way to a new pace in eight seconds', () => {
    const estimate = new RateEstimate(0, 0);
    estimate.add(10_000, 1_000_000);
    estimate.add(10_000 + 8 * 20, 1_008_000);
    expect(estimate.perSecond).toBeCloseTo(15, 6);
  });

  it('says nothing before something was done, and counts down between events', () => {
    const estimate = new RateEstimate(40, 0);
    estimate.add(40, 1000);
    expect(estimate.perSecond).toBeUndefined();
    expect(estimate.secondsLeft(80, 1000)).toBeUndefined();
    estimate.add(60, 2000);
    expect(estimate.secondsLeft(80, 2500)).toBeCloseTo(1.5, 10);
    expect(estimate.secondsLeft(80, 60_000)).toBe(0);
  });
});
