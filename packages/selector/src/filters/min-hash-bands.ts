import { ConfigError, type Random } from '@pharmacist/core';
import type { ShingleSets } from './shingle-sets.ts';

/** Chance with which a pair right at the threshold becomes a candidate. */
const RECALL = 0.99;
/**
 * Members of a bucket that a text is compared with, the nearest before it. Without a bound, texts of one template that are alike but not alike enough
 * would cost the square of their number.
 */
const MAX_COMPARED = 64;

/** How MinHash values are divided among bands. */
export interface BandShape {
  readonly numBands: number;
  readonly rowsPerBand: number;
}

/** One band: visiting it hands over the pairs of texts whose MinHash values agree in all of its rows. */
export interface Band {
  /** Counted from 0. */
  readonly band: number;
  readonly numBands: number;
  compare(visit: (later: number, earlier: number) => void): void;
}

/**
 * Candidates by locality-sensitive hashing: a MinHash value of two sets agrees with a chance of their Jaccard similarity J, so that one of b bands of
 * r values agrees with 1 - (1 - J^r)^b. No signature is kept: a band needs one number a text.
 */
export function* candidatePairs(sets: ShingleSets, { numBands, rowsPerBand }: BandShape, random: Random): Generator<Band> {
  const equal = firstEqual(sets);
  yield { band: 0, numBands: numBands + 1, compare: (visit) => equal.forEach((first, index) => first !== index && visit(index, first)) };
  for (let band = 0; band < numBands; band++) {
    const hashes = Array.from({ length: rowsPerBand }, () => ({ mask: random.uint32() | 0, factor: random.uint32() | 1 }));
    yield {
      band: band + 1,
      numBands: numBands + 1,
      compare: (visit) => {
        const buckets = new Buckets(sets.count);
        for (let index = 0; index < sets.count; index++) {
          // Equal texts are one group already; the first speaks for all.
          if (equal[index] === index) buckets.add(index, bandKey(sets.at(index), hashes), visit);
        }
      },
    };
  }
}

/** Values, each a band of its own, that find a pair right at the threshold with the chance above. */
export function hashesNeeded(threshold: number): number {
  return threshold === 1 ? 1 : Math.ceil(Math.log(1 - RECALL) / Math.log1p(-threshold));
}

/** The longest bands that find a pair right at the threshold with the chance above. @throws {ConfigError} if there are too few values for any. */
export function bandShape(numHashes: number, threshold: number): BandShape {
  const needed = hashesNeeded(threshold);
  if (numHashes < needed) {
    throw new ConfigError(`${numHashes} MinHash values would miss more than a percent of the pairs at the threshold ${threshold}`, {
      where: 'numHashes',
      hint: `give ${needed} or more, or a larger threshold`,
    });
  }
  let rowsPerBand = 1;
  for (let rows = 2; rows <= numHashes; rows++) {
    if (1 - (1 - threshold ** rows) ** Math.floor(numHashes / rows) >= RECALL) rowsPerBand = rows;
  }
  return { numBands: Math.floor(numHashes / rowsPerBand), rowsPerBand };
}

/** For each set the first one that is equal to it, maybe itself. */
function firstEqual(sets: ShingleSets): Int32Array {
  const firsts = new Int32Array(sets.count);
  const buckets = new Buckets(sets.count);
  for (let index = 0; index < sets.count; index++) {
    const set = sets.at(index);
    let key = set.length;
    for (const hash of set) key = Math.imul(key ^ hash, 0x01000193) + (key >>> 15);
    firsts[index] = index;
    buckets.add(index, key | 0, (_, earlier) => {
      if (firsts[index] === index && sets.jaccard(index, earlier) === 1) firsts[index] = firsts[earlier]!;
    });
  }
  return firsts;
}

/** The MinHash values of a band in one number; hashes are compared as signed, which is as good an order as any. */
function bandKey(set: Uint16Array | Uint32Array, hashes: readonly { mask: number; factor: number }[]): number {
  let key = 0;
  for (const { mask, factor } of hashes) {
    let least = 0x7fffffff;
    for (let place = 0; place < set.length; place++) {
      const product = Math.imul(set[place]! ^ mask, factor);
      const hash = product ^ (product >>> 15);
      if (hash < least) least = hash;
    }
    key = Math.imul(key ^ least, 0x9e3779b1) ^ (key >>> 13);
  }
  return key;
}

/** Indices by key: an open hash table of each key's latest index, and from each index the one before it. */
class Buckets {
  readonly #mask: number;
  readonly #latest: Int32Array;
  readonly #keys: Int32Array;
  readonly #before: Int32Array;

  constructor(count: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * count)));
    this.#mask = size - 1;
    this.#latest = new Int32Array(size).fill(-1);
    this.#keys = new Int32Array(count);
    this.#before = new Int32Array(count).fill(-1);
  }

  /** Visits the latest members of the bucket, then joins it. */
  add(index: number, key: number, visit: (later: number, earlier: number) => void): void {
    this.#keys[index] = key;
    let slot = (key ^ (key >>> 16)) & this.#mask;
    while (this.#latest[slot] !== -1 && this.#keys[this.#latest[slot]!] !== key) slot = (slot + 1) & this.#mask;
    this.#before[index] = this.#latest[slot]!;
    this.#latest[slot] = index;
    let earlier = this.#before[index]!;
    for (let compared = 0; earlier !== -1 && compared < MAX_COMPARED; compared++) {
      visit(index, earlier);
      earlier = this.#before[earlier]!;
    }
  }
}
