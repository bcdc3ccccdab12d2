import { ConfigError, Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argMax, checkSampling, sampleToken, type SamplingOptions } from './sample.ts';

const probabilities = [0.15, 0.5, 0.05, 0.3];
const logits = Float32Array.from(probabilities, Math.log);

/** Share of each token in 20000 draws. */
function shares(options: SamplingOptions, of = logits): number[] {
  const counts = Array.from(of, () => 0);
  const random = new Random('shares');
  for (let i = 0; i < 20000; i++) counts[sampleToken(of, options, random)]!++;
  return counts.map((count) => count / 20000);
}

function expectShares(got: readonly number[], weights: readonly number[]): void {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Three standard errors of a share over 20000 draws are at most 0.011.
  got.forEach((share, token) =>
    expect(Math.abs(share - weights[token]! / total), `token ${token}`).toBeLessThan(weights[token] === 0 ? 1e-12 : 0.011),
  );
}

describe('argMax', () => {
  it('is the first of the largest', () => {
    expect(argMax(Float32Array.of(-3, 2, 1, 2))).toBe(1);
    expect(argMax(Float32Array.of(-Infinity, -5))).toBe(1);
  });

  it('is -1 where a logit is NaN or none is above minus infinity', () => {
    expect(argMax(Float32Array.of(1, NaN, 2))).toBe(-1);
    expect(argMax(Float32Array.of(-Infinity, -Infinity))).toBe(-1);
  });
});

describe('sampleToken', () => {
  it('is greedy at temperature 0 and draws nothing', () => {
    const random = new Random(0);
    expect(sampleToken(logits, { topK: 2 }, random)).toBe(1);
    expect(random.uniform()).toBe(new Random(0).uniform());
  });

  it('follows the softmax of logits / temperature', () => {
    expectShares(shares({ temperature: 1 }), probabilities);
    expectShares(
      shares({ temperature: 0.5 }),
      probabilities.map((p) => p ** 2),
    );
    expectShares(shares({ temperature: 2 }), probabilities.map(Math.sqrt));
  });

  it('keeps the topK likeliest, the fewest that reach topP, or the fewest of those topK that reach topP of them', () => {
    expectShares(shares({ temperature: 1, topK: 3 }), [0.15, 0.5, 0, 0.3]);
    expectShares(shares({ temperature: 1, topP: 0.7 }), [0, 0.5, 0, 0.3]);
    expectShares(shares({ temperature: 1, topP: 0.1 }), [0, 1, 0, 0]);
    // Of the three likeliest, 0.95 together, two reach 0.84 of them; of all four they would not.
    expectShares(shares({ temperature: 1, topK: 3, topP: 0.83 }), [0, 0.5, 0, 0.3]);
    expectShares(shares({ temperature: 1, topP: 0.83 }), [0.15, 0.5, 0, 0.3]);
  });

  it('never leaves the likeliest K, and depends on the random stream alone', () => {
    const values = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 30 }), fc.integer(), (array, topK, seed) => {
        const row = Float32Array.from(array);
        const token = sampleToken(row, { temperature: 0.7, topK, topP: 0.9 }, new Random(seed));
        expect(row.filter((logit) => logit > row[token]!).length).toBeLessThan(topK);
        expect(sampleToken(row, { temperature: 0.7, topK, topP: 0.9 }, new Random(seed))).toBe(token);
      }),
    );
  });
});

describe('checkSampling', () => {
  it.each([{ temperature: -1 }, { temperature: NaN }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }])('refuses %o', (options) => {
    expect(() => checkSampling(options)).toThrow(ConfigError);
  });
});
