import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { garbleCharacters } from './garble.ts';

describe('garbled characters', () => {
  it('take the place of a tenth to two fifths of the letters and digits, and of nothing else', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 80 }), fc.integer(), (text, seed) => {
        const [before, after] = [Array.from(text), Array.from(garbleCharacters(text, new Random(seed)))];
        expect(after).toHaveLength(before.length);
        const isLetter = (character: string) => /[\p{L}\p{N}]/u.test(character);
        const changed = before.filter((character, i) => character !== after[i]);
        expect(changed.every(isLetter)).toBe(true);
        const numLetters = before.filter(isLetter).length;
        expect(changed.length).toBeGreaterThanOrEqual(0.1 * numLetters);
        expect(changed.length).toBeLessThanOrEqual(Math.ceil(0.4 * numLetters));
      }),
    );
  });
});
