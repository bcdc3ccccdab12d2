import { describe, expect, it } from 'vitest';
import { NumberLists } from '../src/number-lists.ts';

describe('NumberLists', () => {
  it.each([
    [0x10000, Uint16Array],
    [0x10001, Uint32Array],
  ])('gives back what was pushed, numbers below %i', (bound, type) => {
    const lists = new NumberLists(bound);
    // The third fills more than what is left of the first block, the fourth more than a block.
    const lengths = [3, 0, 2_097_150, 5_000_000, 1];
    for (const length of lengths) lists.push(new Uint32Array(length).fill(bound - 1 - (length % 7)));
    expect(lists.count).toBe(lengths.length);
    lengths.forEach((length, index) => {
      const list = lists.at(index);
      expect(list).toBeInstanceOf(type);
      expect(list).toHaveLength(length);
      expect(list.every((value) => value === bound - 1 - (length % 7))).toBe(true);
    });
    expect(lists.numBytes).toBeGreaterThanOrEqual(7_097_154 * type.BYTES_PER_ELEMENT);
  });
});
