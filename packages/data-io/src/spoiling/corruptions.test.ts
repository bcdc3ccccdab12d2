import { describe, expect, it } from 'vitest';
import { Random } from '@pharmacist/core';
import { CORRUPTION_NAMES, cutMidway, isTextCorruption, repeatPhrase, shuffleWords, TEXT_CORRUPTIONS } from './corruptions.ts';
import { garbageText } from './garble.ts';

const ANSWER = 'Water boils at one hundred degrees, and it freezes at zero degrees, which everybody learns early.';
const SENTENCES = `${ANSWER} Ice floats on water. Steam rises from it; so does mist.`;
const words = (text: string): string[] => text.split(/\s+/u);

describe('text corruptions', () => {
  it('are those that need no second row', () => {
    expect(CORRUPTION_NAMES.filter((name) => !isTextCorruption(name))).toEqual(['swapped', 'exchanged', 'spliced']);
  });

  it('are decided by the seed alone', () => {
    for (const corrupt of Object.values(TEXT_CORRUPTIONS)) {
      const spoiled = Array.from({ length: 20 }, (_, seed) => corrupt(SENTENCES, new Random(seed)));
      expect(spoiled).toEqual(Array.from({ length: 20 }, (_, seed) => corrupt(SENTENCES, new Random(seed))));
      expect(new Set(spoiled).size).toBeGreaterThan(1);
      expect(spoiled).not.toContain(SENTENCES);
    }
  });

  it('shuffled: the same words in another order, even where only two differ', () => {
    expect(words(shuffleWords(ANSWER, new Random(1))).toSorted()).toEqual(words(ANSWER).toSorted());
    for (let seed = 0; seed < 20; seed++) expect(shuffleWords('yes no', new Random(seed))).toBe('no yes');
    expect(shuffleWords('same same', new Random(1))).toBe('same same');
  });

  it('cut: a prefix of at most half the words, the last one incomplete', () => {
    for (let seed = 0; seed < 50; seed++) {
      const cut = cutMidway(ANSWER, new Random(seed));
      expect(ANSWER.startsWith(cut)).toBe(true);
      expect(words(cut).length).toBeLessThanOrEqual(words(ANSWER).length / 2);
      expect(words(cut).length).toBeGreaterThanOrEqual(Math.floor(words(ANSWER).length / 5));
    }
    expect(cutMidway('Certainly.', new Random(0))).toBe('Certa');
  });

  it('repeated: one phrase of the answer, at least four times', () => {
    const repeated = words(repeatPhrase(ANSWER, new Random(3)));
    expect(new Set(repeated).size).toBeLessThanOrEqual(4);
    expect(repeated.every((word) => words(ANSWER).includes(word))).toBe(true);
    expect(repeatPhrase('Yes', new Random(0))).toBe('Yes Yes Yes Yes');
  });

  it('garbage: eight to twenty-five words that the answer does not hold', () => {
    const garbage = words(garbageText(ANSWER, new Random(2)));
    expect(garbage).toHaveLength(words(ANSWER).length);
    expect(garbage.some((word) => words(ANSWER).includes(word))).toBe(false);
    expect(words(garbageText('No', new Random(2)))).toHaveLength(8);
    expect(words(garbageText('word '.repeat(99), new Random(2)))).toHaveLength(25);
  });
});
