import { Random } from '@pharmacist/core';
import { DisjointSets } from './disjoint-sets.ts';
import { bandShape, candidatePairs } from './min-hash-bands.ts';
import { ShingleSets } from './shingle-sets.ts';

export interface DuplicateOptions {
  /** MinHash values of one text, 128 if left out: more find more of the pairs that are just over the threshold. A threshold below .036 needs more than these. */
  readonly numHashes?: number | undefined;
  /** Least Jaccard similarity of two duplicates' word shingles, above 0 and up to 1; 0.8 if left out. */
  readonly threshold?: number | undefined;
  /** Words of one shingle; 3 if left out. */
  readonly shingleSize?: number | undefined;
}

export const DUPLICATE_DEFAULTS = { numHashes: 128, threshold: 0.8, shingleSize: 3 } as const;

/** How far a search has come. */
export interface DuplicateProgress {
  readonly step: 'read' | 'compare';
  /** Texts that were read, or bands that were compared. */
  readonly done: number;
  /** How many there are, where that is known. */
  readonly total: number | undefined;
}

/** Texts between two reports of progress. */
const REPORT_EVERY = 2000;

/**
 * Near-duplicates among texts: pairs whose sets of lower-case word shingles have a Jaccard similarity of at least `threshold`, and what such
 * pairs connect. MinHash (Broder 1997) with banding finds the candidates (a pair right at the threshold with a chance of 99 %, more similar ones
 * with a higher one, equal ones always), the exact similarity decides. Time is linear in the words; memory is some 40 bytes a text, and the words' 4 bytes each in a file beyond 128 MiB.
 * The same texts in the same order give the same groups.
 *
 * Own code: `minhash` 0.0.9 hashes each shingle anew for each of the 128 values and keys its index by strings, `bloom-filters` 3.0.4 has no banding,
 * and both keep a signature as an array, 1 KB a text: a million rows would neither fit nor end in time.
 * @returns a group's number for each text, counted from 0 in the order of first members; -1 where a text has no duplicate.
 * @throws {ConfigError} for a threshold so low that it takes more MinHash values than `numHashes`.
 */
export function duplicateGroups(texts: Iterable<string>, options: DuplicateOptions = {}): Int32Array {
  const search = duplicateSearch(texts, options);
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

/** The same in steps, between which a caller may report progress or stop. */
export function* duplicateSearch(texts: Iterable<string>, options: DuplicateOptions = {}): Generator<DuplicateProgress, Int32Array> {
  const { numHashes = DUPLICATE_DEFAULTS.numHashes, threshold = DUPLICATE_DEFAULTS.threshold } = options;
  const shape = bandShape(numHashes, threshold);
  const sets = new ShingleSets(options.shingleSize ?? DUPLICATE_DEFAULTS.shingleSize);
  for (const text of texts) {
    sets.push(text);
    if (sets.count % REPORT_EVERY === 0) yield { step: 'read', done: sets.count, total: undefined };
  }
  const groups = new DisjointSets(sets.count);
  for (const { band, numBands, compare } of candidatePairs(sets, shape, new Random('duplicates'))) {
    yield { step: 'compare', done: band, total: numBands };
    compare((a, b) => {
      if (groups.find(a) !== groups.find(b) && sets.jaccard(a, b) >= threshold) groups.unite(a, b);
    });
  }
  return numbered(groups, sets.count);
}

/** Numbers of the sets with more than one member. */
function numbered(groups: DisjointSets, count: number): Int32Array {
  const sizes = new Int32Array(count);
  for (let index = 0; index < count; index++) sizes[groups.find(index)]!++;
  const numbers = new Int32Array(count).fill(-1);
  let numGroups = 0;
  for (let index = 0; index < count; index++) {
    const first = groups.find(index);
    if (sizes[first]! > 1) numbers[index] = first === index ? numGroups++ : numbers[first]!;
  }
  return numbers;
}
