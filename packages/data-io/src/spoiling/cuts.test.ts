import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAndClose, cutAtCharacters, cutAtSentence, cutAtWords } from './cuts.ts';
import { splitSentences } from './sentences.ts';

/** Answers of one to six sentences of different words. */
const answers = fc
  .array(fc.array(fc.stringMatching(/^[a-zé]{1,7}$/u), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 })
  .map((sentences) => sentences.map((sentence) => `${sentence.join(' ')}.`).join(' '));
const numWords = (text: string): number => text.trim().split(/\s+/u).length;

describe('a cut', () => {
  it('at words is a prefix of a tenth to nine tenths of the words, whole ones, that ends no sentence', () => {
    fc.assert(
      fc.property(answers, fc.integer(), (text, seed) => {
        const cut = cutAtWords(text, new Random(seed));
        expect(text.startsWith(cut)).toBe(true);
        if (cut === text) return;
        expect(cut).toMatch(/[^.\s]$/u);
        expect(text[cut.length]).toBe(' ');
        expect(numWords(cut) / numWords(text)).toBeGreaterThanOrEqual(0.1);
        expect(numWords(cut) / numWords(text)).toBeLessThanOrEqual(0.9);
      }),
    );
    expect(cutAtWords('Stop. Go. Wait.', new Random(0))).toBe('Stop. Go. Wait.');
  });

  it('at characters is a proper prefix, and leaves no half of a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), fc.integer(), (text, seed) => {
        const cut = cutAtCharacters(text, new Random(seed));
        expect(text.startsWith(cut)).toBe(true);
        expect(Buffer.from(cut).toString()).toBe(cut);
        expect(cut === text).toBe(Array.from(text).length < 2);
      }),
    );
  });

  it('that is closed is such a prefix and a full stop', () => {
    fc.assert(
      fc.property(answers, fc.integer(), (text, seed) => {
        const [open, closed] = [cutAtWords(text, new Random(seed)), cutAndClose(text, new Random(seed))];
        expect(closed).toBe(open === text ? text : `${open}.`);
      }),
    );
    expect(cutAndClose('Water, which is wet', new Random(1))).toMatch(/^Water(?:, which(?: is)?)?\.$/u);
  });

  it('at a sentence is a run of whole sentences from the start, and never all', () => {
    fc.assert(
      fc.property(answers, fc.integer(), (text, seed) => {
        const sentences = splitSentences(text);
        const cut = splitSentences(cutAtSentence(text, new Random(seed)));
        expect(cut.map((sentence) => sentence.trim())).toEqual(sentences.slice(0, cut.length).map((sentence) => sentence.trim()));
        expect(cut.length === sentences.length).toBe(sentences.length === 1);
      }),
    );
  });
});
