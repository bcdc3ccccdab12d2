import { Random } from '@pharmacist/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SPOIL_NAMES, SPOILS, spoiled, wordsOf, type SpoilName } from './spoil.ts';

const word = fc.stringMatching(/^[a-zé]{1,6}$/u);
const sentence = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 6 }), fc.constantFrom('.', '!', '?'))
  .map(([words, end]) => `${words.join(' ')}${end}`);
const answer = fc.array(sentence, { minLength: 1, maxLength: 5 }).map((sentences) => sentences.join(' '));
const NEW = 'NEW';

function copy(name: SpoilName, text: string, seed: number, other = 'another row. it ends here.'): string {
  return SPOILS[name](text, { random: new Random(seed), other, word: () => NEW });
}

/** Fast-check prints the seed and the smallest texts of a failure. */
function holds(property: (text: string, seed: number, other: string) => void): void {
  fc.assert(fc.property(answer, fc.integer(), answer, property), { numRuns: 200 });
}

function isPrefix(part: readonly unknown[], whole: readonly unknown[]): boolean {
  return part.length <= whole.length && part.every((value, i) => value === whole[i]);
}

const sorted = (text: string) => wordsOf(text).sort();

describe('spoils', () => {
  it('cut-characters keeps the beginning', () => {
    holds((text, seed) => {
      const cut = copy('cut-characters', text, seed);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeGreaterThan(0);
    });
  });

  it('cut-words keeps the first words whole', () => {
    holds((text, seed) => {
      const words = wordsOf(copy('cut-words', text, seed));
      expect(isPrefix(words, wordsOf(text))).toBe(true);
      expect(words.length).toBeGreaterThan(0);
      if (wordsOf(text).length > 1) expect(words.length).toBeLessThan(wordsOf(text).length);
    });
  });

  it('cut-closed keeps the first words and closes them with a full stop, and leaves an answer that would end with a sentence', () => {
    holds((text, seed) => {
      const cut = copy('cut-closed', text, seed);
      const words = wordsOf(cut);
      if (cut === text) return;
      expect(cut).toMatch(/[^.]\.$/u);
      expect(isPrefix(words.slice(0, -1), wordsOf(text))).toBe(true);
    });
    expect(SPOILS['cut-closed']('one, two', { random: new Random(0), other: '', word: () => NEW })).toBe('one.');
  });

  it.each(['shuffled', 'shuffled-sentences'] as const)('%s has the same words', (name) => {
    holds((text, seed) => {
      expect(sorted(copy(name, text, seed))).toEqual(sorted(text));
    });
  });

  it('shuffled-sentences keeps each sentence', () => {
    holds((text, seed) => {
      const sentences = (whole: string) => whole.split(/(?<=[.!?]) /u).sort();
      expect(sentences(copy('shuffled-sentences', text, seed))).toEqual(sentences(text));
    });
  });

  it('repeated-sentence says one sentence two to four times on end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer(), (numSentences, seed) => {
        const own = Array.from({ length: numSentences }, (_, i) => `sentence ${i}.`);
        const said = copy('repeated-sentence', own.join(' '), seed).split(/(?<=\.) /u);
        const counts = own.map((one) => said.filter((other) => other === one).length).filter((times) => times !== 1);
        expect(said.filter((one, i) => one !== said[i - 1])).toEqual(own);
        expect(counts).toHaveLength(1);
        expect([2, 3, 4]).toContain(counts[0]);
      }),
    );
  });

  it('repeated-phrase says some words in a row again, one to four times', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer(), (numWords, seed) => {
        const own = Array.from({ length: numWords }, (_, i) => `w${i}`);
        const said = wordsOf(copy('repeated-phrase', own.join(' '), seed));
        const counts = own.map((one) => said.filter((other) => other === one).length);
        const often = own.filter((_, i) => counts[i]! > 1);
        expect([...new Set(said)]).toEqual(own);
        expect(often.length).toBeGreaterThanOrEqual(Math.min(2, numWords));
        expect(often.length).toBeLessThanOrEqual(8);
        expect(new Set(counts.filter((times) => times > 1)).size).toBe(1);
        expect(Math.max(...counts)).toBeLessThanOrEqual(5);
        expect(own.join(' ')).toContain(often.join(' '));
      }),
    );
  });

  it.each(['spliced', 'spliced-sentences'] as const)('%s begins with words of its own and ends with those of another', (name) => {
    holds((text, seed, other) => {
      const words = wordsOf(copy(name, text, seed, other));
      const [own, others] = [wordsOf(text), wordsOf(other)];
      const isSplice = (at: number) => isPrefix(words.slice(0, at), own) && isPrefix(words.slice(at).reverse(), [...others].reverse());
      expect(words.slice(1).some((_, at) => isSplice(at + 1))).toBe(true);
    });
  });

  it('replaced-words puts other words in the place of some', () => {
    let numNew = 0;
    holds((text, seed) => {
      const [words, own] = [wordsOf(copy('replaced-words', text, seed)), wordsOf(text)];
      expect(words).toHaveLength(own.length);
      words.forEach((one, i) => expect([own[i], NEW]).toContain(one));
      numNew += words.filter((one) => one === NEW).length;
    });
    expect(numNew).toBeGreaterThan(0);
  });

  it('garbled has as many signs, some of them kept', () => {
    holds((text, seed) => {
      expect(Array.from(copy('garbled', text, seed))).toHaveLength(Array.from(text).length);
    });
    const kept = Array.from(copy('garbled', 'Ž'.repeat(1000), 1)).filter((sign) => sign === 'Ž').length;
    expect(kept).toBeGreaterThan(400);
    expect(kept).toBeLessThan(600);
  });

  it.each(SPOIL_NAMES)('%s takes any text, and gives equal texts for equal seeds', (name) => {
    const anything = fc.oneof(fc.constantFrom('', ' ', '\n', 'one', '.', '🙂', '日本語。', 'a\u0301 b'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(anything, anything, fc.integer(), (text, other, seed) => {
        const first = copy(name, text, seed, other);
        expect(copy(name, text, seed, other)).toBe(first);
        expect(first).toBeTypeOf('string');
      }),
      { numRuns: 300 },
    );
  });
});

describe('spoiled', () => {
  const context = (seed: number) => ({ random: new Random(seed), other: 'it ends here.', word: () => NEW });

  it('is nothing where nothing changed', () => {
    for (const name of ['cut-words', 'shuffled', 'shuffled-sentences', 'spliced-sentences'] as const) {
      expect(spoiled(name, 'one', { ...context(0), other: '' })).toBeUndefined();
    }
    expect(spoiled('shuffled', '  one ', context(0))).toBeUndefined();
    expect(spoiled('shuffled', '', context(0))).toBeUndefined();
  });

  it.each(SPOIL_NAMES)('%s gives a text without white space around it, another than the answer', (name) => {
    holds((text, seed) => {
      const result = spoiled(name, ` ${text}\n`, context(seed));
      if (result === undefined) return;
      expect(result).toBe(result.trim());
      expect(result).not.toBe('');
      expect(result).not.toBe(text);
    });
  });
});
