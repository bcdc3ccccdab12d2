import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { DisjointSets } from '../src/filters/disjoint-sets.ts';
import { duplicateGroups } from '../src/filters/duplicate-groups.ts';
import { bandShape } from '../src/filters/min-hash-bands.ts';
import { ShingleSets } from '../src/filters/shingle-sets.ts';

const random = new Random('texts');
const wordsOf = (count: number, vocabulary = 500) => Array.from({ length: count }, () => `word${random.integer(vocabulary)}`);

/** A text with some of its words replaced, so that pairs of all similarities occur. */
function altered(words: readonly string[], numReplaced: number): string {
  const copy = [...words];
  for (const place of random.sample(copy.length, numReplaced)) copy[place] = `other${random.integer(500)}`;
  return copy.join(' ');
}

/** All pairs, word shingles as strings, breadth first: another way to the same groups. */
function groupsByAllPairs(texts: readonly string[], threshold: number): Int32Array {
  const sets = texts.map((text) => {
    const words = text.toLowerCase().split(' ');
    return new Set(words.slice(0, Math.max(1, words.length - 2)).map((_, start) => words.slice(start, start + 3).join(' ')));
  });
  const isPair = (a: number, b: number) => {
    let numShared = 0;
    for (const shingle of sets[a]!) if (sets[b]!.has(shingle)) numShared++;
    return numShared / (sets[a]!.size + sets[b]!.size - numShared) >= threshold;
  };
  const numbers = new Int32Array(texts.length).fill(-1);
  let numGroups = 0;
  texts.forEach((_, index) => {
    if (numbers[index] !== -1) return;
    const members = [index];
    for (const member of members) texts.forEach((__, other) => !members.includes(other) && isPair(member, other) && members.push(other));
    if (members.length === 1) return;
    for (const member of members) numbers[member] = numGroups;
    numGroups++;
  });
  return numbers;
}

describe('duplicateGroups', () => {
  it('numbers groups by their first members and leaves single texts out', () => {
    const texts = ['a b c d', 'x', 'e f g h', 'A b, c d!', '', 'e f g h', 'a b c d', 'y'];
    expect(Array.from(duplicateGroups(texts))).toEqual([0, -1, 1, 0, -1, 1, 0, -1]);
    expect(Array.from(duplicateGroups([]))).toEqual([]);
    expect(Array.from(duplicateGroups(['', '?', 'word']))).toEqual([0, 0, -1]);
  });

  it('reads any iterable, and gives the same twice', () => {
    const texts = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 'the same text again' : wordsOf(20).join(' ')));
    expect(duplicateGroups(new Set(texts))).toEqual(duplicateGroups([...new Set(texts)]));
    expect(duplicateGroups(texts)).toEqual(duplicateGroups(texts));
  });

  it.each([0.6, 0.8, 0.95])('groups as the comparison of all pairs does, threshold %f', (threshold) => {
    const texts = Array.from({ length: 40 }, () => wordsOf(160)).flatMap((words) =>
      [0, 1, 2, 4, 8, 16].map((numReplaced) => altered(words, numReplaced)),
    );
    const [found, expected] = [duplicateGroups(texts, { threshold }), groupsByAllPairs(texts, threshold)];
    // What is found is true: no group crosses one of the comparison. At most a percent of rows is missed.
    expect(new Set(expected).size).toBeGreaterThan(20);
    for (let a = 0; a < texts.length; a++)
      for (let b = 0; b < a; b++) if (found[a] !== -1 && found[a] === found[b]) expect(expected[a]).toBe(expected[b]);
    const numMissed = expected.filter((group, index) => group !== -1 && found[index] === -1).length;
    expect(numMissed).toBeLessThanOrEqual(Math.ceil(0.01 * texts.length));
  });

  it('joins what a chain of pairs connects', () => {
    const words = wordsOf(100);
    const moved = (shift: number) => [...words.slice(shift), ...Array.from({ length: shift }, (_, i) => `tail${i}`)].join(' ');
    // Shifted by eight words, about 0.85 alike; by sixteen, 0.72.
    expect(Array.from(duplicateGroups([moved(0), moved(16)]))).toEqual([-1, -1]);
    expect(Array.from(duplicateGroups([moved(0), moved(16), moved(8)]))).toEqual([0, 0, 0]);
  });

  it('finds all copies in a bucket larger than what one text is compared with', () => {
    const template = wordsOf(60).join(' ');
    const texts = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? template : `${template} number ${index}`));
    expect(new Set(duplicateGroups(texts))).toEqual(new Set([0]));
  });

  it('takes texts longer than a block of its memory', () => {
    const long = Array.from({ length: 1_100_000 }, (_, index) => index).join(' ');
    expect(Array.from(duplicateGroups(['short text here', long, 'short text here', long]))).toEqual([0, 1, 0, 1]);
  });
});

describe('bandShape', () => {
  it.each([
    [128, 0.8, 6],
    [128, 1, 128],
    [128, 0.5, 3],
    [128, 0.036, 1],
    [3, 0.8, 1],
    [1, 1, 1],
  ])('%i hashes at %f: bands of %i', (numHashes, threshold, rowsPerBand) => {
    expect(bandShape(numHashes, threshold)).toEqual({ rowsPerBand, numBands: Math.floor(numHashes / rowsPerBand) });
  });
});

describe('a threshold', () => {
  it.each([
    [128, 0.03, 152],
    [128, 0.01, 459],
    [2, 0.8, 3],
  ])('that %i hashes find too rarely is refused with the number that it needs: %f, %i', (numHashes, threshold, needed) => {
    const chance = (count: number) => 1 - (1 - threshold) ** count;
    expect([chance(needed) >= 0.99, chance(needed - 1) >= 0.99]).toEqual([true, false]);
    expect(() => duplicateGroups(['a', 'a'], { numHashes, threshold })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', hint: `give ${needed} or more, or a larger threshold` }),
    );
    expect(() => duplicateGroups(['a', 'a'], { numHashes: needed, threshold })).not.toThrow();
  });
});

describe('ShingleSets', () => {
  it('compares word shingles, without case and punctuation', () => {
    const sets = new ShingleSets(2);
    for (const text of ['The cat sat', 'the CAT, sat!', 'the cat ran', 'dog', 'cat sat the cat sat the cat']) sets.push(text);
    expect(sets.count).toBe(5);
    expect([sets.jaccard(0, 1), sets.jaccard(0, 2), sets.jaccard(0, 3), sets.jaccard(0, 4)]).toEqual([1, 1 / 3, 0, 2 / 3]);
    expect(sets.at(3)).toHaveLength(1);
  });
});

describe('DisjointSets', () => {
  it('names a set by its smallest member, whatever the order', () => {
    const sets = new DisjointSets(6);
    for (const [a, b] of [
      [5, 4],
      [3, 5],
      [1, 1],
    ] as const)
      sets.unite(a, b);
    expect(Array.from({ length: 6 }, (_, index) => sets.find(index))).toEqual([0, 1, 2, 3, 3, 3]);
  });
});
