import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from './errors.ts';
import { Random } from './random.ts';

const draw = (rng: Random, n: number) => Array.from({ length: n }, () => rng.uint32());

describe('Random', () => {
  // Blackman and Vigna's C code (xoshiro128starstar.c), compiled, started from the first 16 bytes of the seed's SHA-256, little-endian.
  it.each([
    [new Random(0), [3542772213, 812230391, 4191414368, 3087389709, 2324374625, 444667690, 556467921, 3633051085]],
    [new Random(0).split('shuffle', 3), [735036206, 2252714460, 862065357, 1212043833, 1846692984, 1285895177, 2129480722, 106942285]],
  ])('gives the numbers of the reference code (%#)', (rng, expected) => {
    expect(draw(rng, 8)).toEqual(expected);
  });

  it('builds 53-bit uniforms from two draws: (3542772213 >> 5) 2^26 + (812230391 >> 6), over 2^53', () => {
    expect(new Random(0).uniform()).toBe(0.8248659311913856);
  });

  it('names a stream by its labels, whatever was drawn elsewhere', () => {
    const parent = new Random('run');
    const before = draw(parent.split('epoch', 1), 4);
    draw(parent, 100);
    draw(parent.split('epoch', 2), 100);
    expect(draw(parent.split('epoch', 1), 4)).toEqual(before);
    const names = [parent, parent.split('epoch', 2), parent.split('epoch', '1'), parent.split('epoch').split(1), parent.split('epoch,1')];
    for (const other of names) expect(draw(other, 4)).not.toEqual(before);
  });

  it('gives split streams that do not follow each other', () => {
    const n = 20_000;
    const parent = new Random(1);
    const [a, b] = [parent.split('a'), parent.split('b')];
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    // The correlation of n independent pairs has standard deviation 1 / sqrt(n).
    expect(Math.abs((12 * sum) / n)).toBeLessThan(4 / Math.sqrt(n));
  });

  it('is uniform: chi-squared of 64 cells below its 1 - 1e-6 quantile', () => {
    const n = 64_000;
    const cells = new Float64Array(64);
    const rng = new Random(2);
    for (let i = 0; i < n; i++) cells[rng.integer(64)]!++;
    const chiSquared = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 63 degrees of freedom: mean 63, quantile 131; far below the mean would be too even.
    expect(chiSquared).toBeLessThan(131);
    expect(chiSquared).toBeGreaterThan(20);
  });

  it('draws normals with mean 0, variance 1 and kurtosis 3', () => {
    const n = 50_000;
    const rng = new Random(3);
    const moments = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const z = rng.normal();
      moments[0]! += z / n;
      moments[1]! += z ** 2 / n;
      moments[2]! += z ** 4 / n;
    }
    // Four standard errors: sqrt(1/n), sqrt(2/n), sqrt(96/n).
    expect(Math.abs(moments[0]!)).toBeLessThan(4 * Math.sqrt(1 / n));
    expect(Math.abs(moments[1]! - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moments[2]! - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  });

  it('permutes: every element once, the input untouched, all orders equally likely', () => {
    const values = Object.freeze(['a', 'b', 'c']);
    const counts = new Map<string, number>();
    const rng = new Random(4);
    for (let i = 0; i < 6000; i++) {
      const order = rng.shuffle(values).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    // Binomial(6000, 1/6): standard deviation 29.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 29);
  });

  it('samples distinct integers, all of them if asked for more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 40 }), fc.integer(), (n, k, seed) => {
        const sample = new Random(seed).sample(n, k);
        expect(new Set(sample).size).toBe(Math.min(n, k));
        expect(sample.every((i) => Number.isInteger(i) && i >= 0 && i < n)).toBe(true);
        expect(new Random(seed).sample(n, k)).toEqual(sample);
      }),
    );
  });

  it('keeps integers below the bound and refuses bounds that are none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.string(), (bound, seed) => {
        const value = new Random(seed).integer(bound);
        expect(Number.isSafeInteger(value) && value >= 0 && value < bound).toBe(true);
      }),
    );
    for (const bound of [0, -1, 1.5, NaN, Infinity]) expect(() => new Random(0).integer(bound)).toThrow(InternalError);
  });
});
