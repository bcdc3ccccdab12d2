import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearCopy } from './near-copy.ts';

const words = (text: string): string[] => text.trim().split(/\s+/u);

describe('nearCopy', () => {
  it('touches about one word in twenty, never none, and is decided by the seed alone', () => {
    const text = Array.from({ length: 100 }, (_, i) => `word${i}`).join(' ');
    for (let seed = 0; seed < 30; seed++) {
      const copy = nearCopy(text, new Random(seed));
      expect(copy).toBe(nearCopy(text, new Random(seed)));
      expect(copy).not.toBe(text);
      expect(words(copy).length).toBeGreaterThanOrEqual(95);
      expect(words(copy).length).toBeLessThanOrEqual(105);
      expect(words(text).filter((word) => words(copy).includes(word)).length).toBeGreaterThanOrEqual(90);
    }
  });

  it('differs whatever the text is, and adds no word of its own', () => {
    const texts = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 }).map((list) => list.join(' '));
    fc.assert(
      fc.property(texts, fc.integer(), (text, seed) => {
        const copy = nearCopy(text, new Random(seed));
        expect(copy).not.toBe(text);
        expect(words(text)).toEqual(expect.arrayContaining(words(copy)));
      }),
    );
    expect(nearCopy('', new Random(0))).toBe('');
  });
});
