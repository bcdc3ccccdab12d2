import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spliceAnswers, swapAnswers } from './two-answers.ts';

const words = (text: string): string[] => text.split(' ');

describe('swapAnswers', () => {
  it('keeps every answer once and leaves no row its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.integer(), (count, seed) => {
        const rows = Array.from({ length: count }, (_, i) => ({ prompt: `p${i}`, response: `r${i}` }));
        const swapped = swapAnswers(rows, new Random(seed));
        expect(swapped.map(({ prompt }) => prompt)).toEqual(rows.map(({ prompt }) => prompt));
        expect(swapped.map(({ response }) => response).toSorted()).toEqual(rows.map(({ response }) => response).toSorted());
        expect(swapped.some(({ response }, i) => response === rows[i]!.response)).toBe(false);
      }),
    );
  });

  it('gives rows that share an answer another text, as far as there is one', () => {
    const answers = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(answers, fc.integer(), (responses, seed) => {
        const swapped = swapAnswers(
          responses.map((response) => ({ response })),
          new Random(seed),
        ).map(({ response }) => response);
        expect(swapped.toSorted()).toEqual(responses.toSorted());
        const countOf = (text: string) => responses.filter((response) => response === text).length;
        const numOwn = responses.filter((response, i) => response === swapped[i]).length;
        // The rows of the most frequent answer find as many others as there are.
        expect(numOwn).toBe(Math.max(0, ...responses.map((text) => 2 * countOf(text) - responses.length)));
      }),
    );
  });

  it('refuses a single row, and swaps none of none', () => {
    expect(() => swapAnswers([{ response: 'a' }], new Random(0))).toThrow('nobody to swap');
    expect(swapAnswers([], new Random(0))).toEqual([]);
  });
});

describe('spliceAnswers', () => {
  it('has a head of the one answer and a tail of the other, at most two thirds of each and a word', () => {
    const texts = (letter: string) =>
      fc.integer({ min: 1, max: 40 }).map((count) => Array.from({ length: count }, (_, i) => `${letter}${i}`).join(' '));
    fc.assert(
      fc.property(texts('head'), texts('tail'), fc.integer(), (head, tail, seed) => {
        const spliced = words(spliceAnswers(head, tail, new Random(seed)));
        const numHead = spliced.filter((word) => word.startsWith('head')).length;
        const numTail = spliced.length - numHead;
        expect(spliced.slice(0, numHead)).toEqual(words(head).slice(0, numHead));
        expect(spliced.slice(numHead)).toEqual(words(tail).slice(-numTail));
        for (const [kept, text] of [
          [numHead, head],
          [numTail, tail],
        ] as const) {
          expect(kept).toBeGreaterThanOrEqual(1);
          expect(kept).toBeLessThanOrEqual(Math.max(1, Math.round((2 / 3) * words(text).length)));
        }
      }),
    );
  });
});
