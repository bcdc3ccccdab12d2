import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ConfigError } from '@pharmacist/core';
import { BYTE_TO_CHARACTER, bytesAsCharacters, charactersAsText, splitWords } from './byte-level.ts';
import { BpeEncoder } from './bpe-encoder.ts';
import { trainBpe } from './bpe-trainer.ts';

const SPECIAL = ['<|pad|>', '<|bos|>', '<|eos|>'];

describe('splitWords', () => {
  it('keeps one leading space, splits contractions, and isolates every number character', () => {
    expect(splitWords("I don't have 42 cups, x²")).toEqual(['I', ' don', "'t", ' have', ' ', '4', '2', ' cups', ',', ' x', '²']);
  });

  it('loses nothing of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => splitWords(text).join('') === text));
  });
});

describe('byte characters', () => {
  it('are 256 distinct ones: Latin-1 for itself, the space as U+0120', () => {
    expect(new Set(BYTE_TO_CHARACTER).size).toBe(256);
    expect(BYTE_TO_CHARACTER[0x41]).toBe('A');
    expect(bytesAsCharacters(' a\né')).toBe('ĠaĊÃ©');
  });

  it('turn back into the same text', () => {
    expect(charactersAsText(bytesAsCharacters('naïve 日本 🤖'))).toBe('naïve 日本 🤖');
  });
});

describe('trainBpe', () => {
  it('finds the merges of the classic example by count', () => {
    // low 5, lower 2, newest 6, widest 3 (Sennrich et al.): es 9, est 9, then lo 7, low 7.
    const text = [...Array(5).fill('low'), ...Array(2).fill('lower'), ...Array(6).fill('newest'), ...Array(3).fill('widest')];
    const { merges } = trainBpe(text, { vocabSize: 3 + 256 + 4, specialTokens: SPECIAL });
    expect(merges).toEqual([
      ['e', 's'],
      ['es', 't'],
      ['l', 'o'],
      ['lo', 'w'],
    ]);
  });

  it('counts overlapping repeats once from the left', () => {
    const { merges } = trainBpe(['aaaaa', 'aaaaa'], { vocabSize: 3 + 256 + 2, specialTokens: SPECIAL });
    // aaaaa -> aa aa a: the pair (aa, aa) and the pair (aa, a) both occur twice; (a = 0x61) has the smaller id on the right.
    expect(merges).toEqual([
      ['a', 'a'],
      ['aa', 'a'],
    ]);
  });

  it('breaks ties by the smaller ids, whatever the order of the texts', () => {
    const options = { vocabSize: 3 + 256 + 20, specialTokens: SPECIAL };
    const texts = ['the cat sat on the mat', 'a dog and a log', 'zebras zoom', 'the end of the road'];
    expect(trainBpe(texts, options)).toEqual(trainBpe(texts.toReversed(), options));
    expect(trainBpe(['cd cd ab ab'], { vocabSize: 3 + 256 + 1, specialTokens: SPECIAL }).merges).toEqual([['a', 'b']]);
  });

  it('agrees with a trainer that recounts every pair after every merge', () => {
    const texts = ['she sells sea shells by the sea shore', 'the shells she sells are sea shells', 'banana bandana anna'];
    expect(trainBpe(texts, { vocabSize: 3 + 256 + 25, specialTokens: SPECIAL }).merges).toEqual(recountingTrainer(texts, 25));
  });

  it('stops when no pair occurs twice', () => {
    const { tokens, merges } = trainBpe(['abc'], { vocabSize: 400, specialTokens: SPECIAL });
    expect(merges).toEqual([]);
    expect(tokens).toHaveLength(3 + 256);
    expect(tokens.slice(0, 3)).toEqual(SPECIAL);
  });

  it('refuses a vocabulary without room for the bytes', () => {
    expect(() => trainBpe(['a'], { vocabSize: 258, specialTokens: SPECIAL })).toThrow(ConfigError);
  });
});

describe('BpeEncoder', () => {
  const vocabulary = trainBpe(['low low low lower newest newest widest'], { vocabSize: 3 + 256 + 8, specialTokens: SPECIAL });
  const encoder = new BpeEncoder(vocabulary);

  it('applies merges in the order they were learned', () => {
    expect(encoder.encode('low').map((id) => vocabulary.tokens[id])).toEqual(['low']);
    expect(encoder.encode('lot').map((id) => vocabulary.tokens[id])).toEqual(['lo', 't']);
  });

  it('gives any text back, and never a special token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ids = encoder.encode(text);
        expect(Math.min(3, ...ids)).toBe(3);
        expect(encoder.decode(ids)).toBe(text);
      }),
    );
    expect(encoder.encode('<|eos|>')).not.toContain(2);
  });
});

/** The definition, slowly. */
function recountingTrainer(texts: string[], numMerges: number): [string, string][] {
  let words = texts.flatMap(splitWords).map((word) => Array.from(bytesAsCharacters(word)));
  const order = [...BYTE_TO_CHARACTER].sort();
  const merges: [string, string][] = [];
  while (merges.length < numMerges) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) counts.set(`${word[i]} ${word[i + 1]}`, (counts.get(`${word[i]} ${word[i + 1]}`) ?? 0) + 1);
    }
    const [best] = [...counts].sort(([a, m], [b, n]) => {
      const [aLeft, aRight] = a.split(' ').map((token) => order.indexOf(token)) as [number, number];
      const [bLeft, bRight] = b.split(' ').map((token) => order.indexOf(token)) as [number, number];
      return n - m || aLeft - bLeft || aRight - bRight;
    });
    if (best === undefined || best[1] < 2) break;
    const [left, right] = best[0].split(' ') as [string, string];
    merges.push([left, right]);
    order.push(left + right);
    words = words.map((word) => {
      const joined: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) joined.push(left + word[++i]!);
        else joined.push(word[i]!);
      }
      return joined;
    });
  }
  return merges;
}
