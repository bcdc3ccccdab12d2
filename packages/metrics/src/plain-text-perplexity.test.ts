import { NumericError } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainTextPerplexity } from './plain-text-perplexity.ts';

describe('plainTextPerplexity', () => {
  it('weighs tokens, not texts', () => {
    // 2 tokens at log 8 and 6 at log 2: (2 * 3 + 6) log 2 / 8 = 1.5 log 2.
    const texts = [
      { loss: 2 * Math.log(8), numTokens: 2 },
      { loss: 6 * Math.log(2), numTokens: 6 },
      { loss: 0, numTokens: 0 },
    ];
    const result = plainTextPerplexity(texts, { seed: 0 });
    expect(result.value).toBeCloseTo(2 ** 1.5, 12);
    expect(result).toMatchObject({ numTexts: 2, numTokens: 8 });
    // The resamples are the two texts alone and both: 2, 2.83, 8.
    expect(result.interval!.low).toBeCloseTo(2, 12);
    expect(result.interval!.high).toBeCloseTo(8, 12);
  });

  it('of a uniform model is the size of its vocabulary, whatever the lengths', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2, max: 5000 }),
        (lengths, size) => {
          const texts = lengths.map((numTokens) => ({ loss: numTokens * Math.log(size), numTokens }));
          const { value, interval } = plainTextPerplexity(texts, { seed: 0 });
          expect(interval === null).toBe(lengths.length === 1);
          for (const figure of [value, ...Object.values(interval ?? {})]) expect(figure / size).toBeCloseTo(1, 9);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('needs a token and finite losses', () => {
    expect(() => plainTextPerplexity([{ loss: 0, numTokens: 0 }], { seed: 0 })).toThrow(NumericError);
    expect(() => plainTextPerplexity([{ loss: NaN, numTokens: 1 }], { seed: 0 })).toThrow(NumericError);
  });
});
