import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repeatSentence, shuffleSentences, splitSentences } from './sentences.ts';

const texts = fc.array(fc.stringMatching(/^[A-C][a-c ]{0,8}[a-c][.!?]$/u), { minLength: 1, maxLength: 6 }).map((list) => list.join(' '));
const sorted = (list: readonly string[]): string[] => list.map((sentence) => sentence.trim()).toSorted();

describe('splitSentences', () => {
  it('gives sentences and lines that are the text again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(splitSentences(text).join('')).toBe(text);
      }),
    );
    expect(splitSentences('I said "No." Then 2.5 went.\n- one\n- two')).toEqual(['I said "No." ', 'Then 2.5 went.\n', '- one\n', '- two']);
  });
});

describe('shuffled sentences', () => {
  it('are a permutation, and another one unless all are alike', () => {
    fc.assert(
      fc.property(texts, fc.integer(), (text, seed) => {
        const shuffled = shuffleSentences(text, new Random(seed));
        expect(sorted(splitSentences(shuffled))).toEqual(sorted(splitSentences(text)));
        expect(shuffled === text).toBe(new Set(sorted(splitSentences(text))).size < 2);
      }),
    );
  });
});

describe('a repeated sentence', () => {
  it('ends the first sentences and is said four times at least', () => {
    fc.assert(
      fc.property(texts, fc.integer(), (text, seed) => {
        const original = splitSentences(text).map((sentence) => sentence.trim());
        const repeated = splitSentences(repeatSentence(text, new Random(seed))).map((sentence) => sentence.trim());
        const last = repeated.at(-1)!;
        expect(repeated.slice(-4)).toEqual([last, last, last, last]);
        expect(original).toContain(last);
        expect(repeated[0]).toBe(original[0]);
      }),
    );
  });
});
