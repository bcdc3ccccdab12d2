import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { sigmoid } from '../learning/log-loss.ts';
import { chancesInPool } from './good-share.ts';

/** Good rows score N(1, 1), the others N(-1, 1): where half is good, the log-odds of a score are twice the score. */
const calibration = { slope: 2, offset: 0, probability: (score: number) => sigmoid(2 * score) };

function mixture(goodShare: number, size = 4000): Float64Array {
  const random = new Random(`mixture ${goodShare}`);
  return Float64Array.from({ length: size }, (_, i) => (i < goodShare * size ? 1 : -1) + random.normal());
}

const meanProbability = (scores: Float64Array, probability: (score: number) => number) =>
  scores.reduce((sum, score) => sum + probability(score), 0) / scores.length;

describe('the share of good rows', () => {
  it.each([0.25, 0.4, 0.5, 0.6, 0.75])('%f is found in a mixture whose scores follow the calibration', (share) => {
    const scores = mixture(share);
    const { goodShare, probability } = chancesInPool(scores, calibration);
    expect(Math.abs(goodShare - share)).toBeLessThan(0.03);
    expect(meanProbability(scores, probability)).toBeCloseTo(goodShare, 6);
    // At its maximum nothing is left to learn from the scores.
    expect(probability(0.3)).toBeCloseTo(sigmoid(0.6 + Math.log(goodShare / (1 - goodShare))), 6);
  });

  it.each([
    [0, 0.2],
    [1, 0.8],
  ])('stays within .2 and .8: %f', (share, expected) => {
    const scores = mixture(share);
    const { goodShare, probability } = chancesInPool(scores, calibration);
    expect(goodShare).toBeCloseTo(expected, 6);
    expect(meanProbability(scores, probability)).toBeCloseTo(goodShare, 6);
  });

  it('is a half where scores say nothing', () => {
    const { goodShare, probability } = chancesInPool(mixture(0.3), { slope: 0, offset: 0, probability: () => 0.5 });
    expect(goodShare).toBe(0.5);
    expect(probability(-3)).toBeCloseTo(0.5, 6);
  });

  it('leaves out rows without a score', () => {
    const scores = mixture(0.4);
    expect(chancesInPool(Float64Array.of(...scores, NaN, NaN), calibration).goodShare).toBe(chancesInPool(scores, calibration).goodShare);
  });
});
