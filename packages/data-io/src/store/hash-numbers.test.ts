import { sha256 } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashNumbers } from './hash-numbers.ts';

/** Halves that meet in the same slots, and those that a signed number would not hold. */
const half = fc.constantFrom('00000000', '00000001', '00000400', 'ffffffff', '80000000', '7fffffff');

describe('HashNumbers', () => {
  it('numbers hashes in order of first occurrence', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half), { maxLength: 60 }), (halves) => {
        const hashes = halves.map((both) => both.join(''));
        const different = [...new Set(hashes)];
        const numbers = new HashNumbers();
        expect(hashes.map((hash) => numbers.numberOf(hash))).toEqual(hashes.map((hash) => different.indexOf(hash)));
        expect(Array.from({ length: numbers.length }, (_, number) => numbers.hashOf(number))).toEqual(different);
      }),
    );
  });

  it('grows, and knows what it had before', () => {
    const hashes = Array.from({ length: 5000 }, (_, i) => sha256(`text ${i}`));
    const numbers = new HashNumbers();
    for (const [i, hash] of hashes.entries()) expect(numbers.numberOf(hash)).toBe(i);
    expect(hashes.every((hash, i) => numbers.numberOf(hash) === i)).toBe(true);
    expect(numbers.length).toBe(5000);
  });

  it('holds more than a map may', () => {
    const numbers = new HashNumbers();
    const most = 2 ** 24;
    for (let i = 0; i <= most; i++) numbers.numberOf(i.toString(16).padStart(16, '0'));
    expect([numbers.length, numbers.numberOf('0'.repeat(16)), numbers.numberOf('0000000001000000')]).toEqual([most + 1, 0, most]);
  });
});
