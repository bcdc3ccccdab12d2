import { describe, expect, it } from 'vitest';
import { probabilitiesLine } from './select-summary.ts';

describe('probabilitiesLine', () => {
  it('says how many of the rows said to be good are', () => {
    const probabilities = { mean: 0.384, atLeast: 0.8, numSure: 40, numSureGood: 37 };
    expect(probabilitiesLine(probabilities)).toBe(
      'Probabilities of being good: mean 0.38; good of those with 0.8 or more: 37 of 40 (92.5 %).',
    );
    expect(probabilitiesLine({ ...probabilities, numSure: 0, numSureGood: 0 })).toBe(
      'Probabilities of being good: mean 0.38; no row has 0.8 or more.',
    );
  });
});
