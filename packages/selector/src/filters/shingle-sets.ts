import { fnv1a, mixBits } from '@pharmacist/core';
import { NumberLists } from '../number-lists.ts';

/** Words of a text, lower-case. Texts in scripts without spaces have few and long ones: there, only nearly whole repetitions are found. */
const WORD = /[\p{L}\p{M}\p{N}]+/gu;
/**
 * Sets of word n-grams (shingles; Broder 1997), one a text, as sorted 32-bit hashes: 4 bytes a word, less than the text itself, in a file beyond 128 MiB. Two different
 * shingles of one pair of texts get the same hash with a chance of about n^2 / 2^32.
 */
export class ShingleSets {
  readonly #shingleSize: number;
  readonly #sets = new NumberLists(2 ** 32);

  /** @param shingleSize words of one shingle. */
  constructor(shingleSize: number) {
    this.#shingleSize = shingleSize;
  }

  get count(): number {
    return this.#sets.count;
  }

  push(text: string): void {
    const hashes = shingleHashes(text, this.#shingleSize).sort();
    let numDistinct = 0;
    for (const hash of hashes) if (numDistinct === 0 || hash !== hashes[numDistinct - 1]) hashes[numDistinct++] = hash;
    this.#sets.push(hashes.subarray(0, numDistinct));
  }

  /** A view of a set: ascending, distinct, never empty. */
  at(index: number): Uint16Array | Uint32Array {
    return this.#sets.at(index);
  }

  /** |A and B| / |A or B| of two sets. */
  jaccard(a: number, b: number): number {
    const [setA, setB] = [this.at(a), this.at(b)];
    let [i, j, numShared] = [0, 0, 0];
    while (i < setA.length && j < setB.length) {
      const [x, y] = [setA[i]!, setB[j]!];
      if (x === y) numShared++;
      if (x <= y) i++;
      if (y <= x) j++;
    }
    return numShared / (setA.length + setB.length - numShared);
  }
}

/** One hash a shingle; a text of fewer words is one shingle, so that a set is never empty. */
function shingleHashes(text: string, size: number): Uint32Array {
  const words = Array.from(text.toLowerCase().match(WORD) ?? [], (word) => fnv1a(word));
  const hashes = new Uint32Array(Math.max(1, words.length - size + 1));
  for (let start = 0; start < hashes.length; start++) {
    let hash = 0;
    for (let place = start; place < Math.min(start + size, words.length); place++) hash = mixBits(Math.imul(hash, 31) + words[place]!);
    hashes[start] = hash;
  }
  return hashes;
}
