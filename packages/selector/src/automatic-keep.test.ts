import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { automaticKeep } from './automatic-keep.ts';
import { numKept } from './core-subset.ts';

const random = new Random('scores');
const drawn = (count: number, mean: number, deviation: number) => Array.from({ length: count }, () => mean + deviation * random.normal());

describe('automatic keep ratio', () => {
  // The knee of two bells lies beside their gap, not in it: it keeps up to 7 points more or less.
  it.each([0.1, 0.25, 0.5, 0.75, 0.9])('comes near to the share of good rows that lie apart: %f', (share) => {
    const scores = Float64Array.from([...drawn(share * 1000, 3, 0.3), ...drawn((1 - share) * 1000, 0, 0.3)]);
    expect(Math.abs(automaticKeep(scores) - share)).toBeLessThan(0.08);
  });

  it('does not follow a few far rows, nor a shift or another unit', () => {
    const plain = [...drawn(200, 2, 0.3), ...drawn(300, 0, 0.3)];
    const keep = automaticKeep(Float64Array.from(plain));
    expect(automaticKeep(Float64Array.from(plain, (score) => 128 * score + 512))).toBe(keep);
    expect(Math.abs(automaticKeep(Float64Array.from([...plain, 40, 60, -90])) - keep)).toBeLessThan(0.02);
  });

  it('depends on no order, and is a whole number of rows', () => {
    const scores = drawn(97, 0, 1);
    const keep = automaticKeep(Float64Array.from(scores));
    expect(automaticKeep(Float64Array.from(random.shuffle(scores)))).toBe(keep);
    expect(numKept(97, keep) / 97).toBe(keep);
  });

  it('cuts between different scores', () => {
    expect(automaticKeep(Float64Array.of(1, 0, 1, 0, 0, 1, 0, 0))).toBe(3 / 8);
    expect(automaticKeep(Float64Array.of(0, 1))).toBe(0.5);
  });

  it('keeps everything where nothing is better', () => {
    expect(automaticKeep(new Float64Array(5).fill(2))).toBe(1);
    expect(automaticKeep(Float64Array.of(-1))).toBe(1);
  });
});
