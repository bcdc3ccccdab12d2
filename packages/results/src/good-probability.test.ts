import { describe, expect, it } from 'vitest';
import { probabilityReport } from './good-probability.ts';

describe('probabilityReport', () => {
  it('counts the rows said to be good and the good ones of them; a row without a probability is none', () => {
    const columns = { good_probability: Float64Array.of(0.875, 0.75, 0.8, NaN, 0.125, 1) };
    expect(probabilityReport({ columns }, ['good', 'good', 'benign', 'good', 'benign', 'good'])).toEqual({
      mean: (0.875 + 0.75 + 0.8 + 0.125 + 1) / 5,
      atLeast: 0.8,
      numSure: 3,
      numSureGood: 2,
    });
  });

  it('is nothing without the column, or without a probability in it', () => {
    expect(probabilityReport({ columns: { loss: Float64Array.of(1) } }, ['good'])).toBeUndefined();
    expect(probabilityReport({ columns: { good_probability: Float64Array.of(NaN) } }, ['good'])).toBeUndefined();
  });
});
