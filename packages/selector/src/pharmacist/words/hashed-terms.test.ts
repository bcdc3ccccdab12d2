import '@pharmacist/tooling/vitest/matchers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashedTerms, NUM_BUCKETS } from './hashed-terms.ts';

// Buckets by another program: FNV-1a of " i", " sorry", " i sorry" and so on, mixed as MurmurHash3 does, modulo 2^15. The bundled weights stand on them.
const BUCKETS = { i: 26_566, sorry: 18_829, 'i sorry': 18_710, a: 24_048, 'a a': 12_186, 'a a a': 4809, é: 21_772 };

describe('hashedTerms', () => {
  it('puts each term, and each run of neighbours, into its bucket', () => {
    const { indices, values } = hashedTerms(['i', 'sorry']);
    expect([...indices]).toEqual([BUCKETS['i sorry'], BUCKETS.sorry, BUCKETS.i]);
    expect(values).toBeAllclose(new Float64Array(3).fill(1 / Math.sqrt(3)), { rtol: 1e-15, atol: 0 });
    expect([...hashedTerms(['é']).indices]).toEqual([BUCKETS.é]);
  });

  it('counts as 1 + ln(count): a term said three times, its pair twice, all three once', () => {
    const { indices, values } = hashedTerms(['a', 'a', 'a']);
    const [pair, term] = [1 + Math.log(2), 1 + Math.log(3)];
    expect([...indices]).toEqual([BUCKETS['a a a'], BUCKETS['a a'], BUCKETS.a]);
    const length = Math.hypot(1, pair, term);
    expect(values).toBeAllclose([1 / length, pair / length, term / length], { rtol: 1e-15, atol: 0 });
  });

  it('gives rows of length 1 with distinct, ascending buckets', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 50 }), (terms) => {
        const { indices, values } = hashedTerms(terms);
        expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b));
        expect(indices.every((bucket) => bucket >= 0 && bucket < NUM_BUCKETS)).toBe(true);
        expect(values.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('tells orders apart, and gives no numbers for no terms', () => {
    expect(hashedTerms(['i', 'sorry'])).not.toEqual(hashedTerms(['sorry', 'i']));
    expect(hashedTerms([]).indices).toHaveLength(0);
  });
});
