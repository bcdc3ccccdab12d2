import { hash } from 'node:crypto';
import { InternalError } from './errors.ts';

/**
 * Seeded, splittable random numbers: xoshiro128** (Blackman & Vigna, 2018) seeded through SHA-256 of a path of labels.
 *
 * A stream is named, not shared: `rng.split('shuffle', epoch)` gives the same numbers whatever else was drawn, so the order of work, a
 * resume, or a new consumer of randomness changes nothing elsewhere.
 */
export class Random {
  readonly #path: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed any integer or string; equal seeds give equal streams on every machine. */
  constructor(seed: number | string) {
    this.#path = String(seed);
    const digest = hash('sha256', this.#path, 'buffer');
    this.#a = digest.readInt32LE(0);
    this.#b = digest.readInt32LE(4);
    this.#c = digest.readInt32LE(8);
    this.#d = digest.readInt32LE(12);
  }

  /** An independent stream named by this stream's seed and `labels`; draws from neither affect the other. */
  split(...labels: readonly (string | number)[]): Random {
    return new Random(JSON.stringify([this.#path, ...labels]));
  }

  /** Uniform integer in [0, 2^32). */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9);
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result >>> 0;
  }

  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.uint32() >>> 5) * 0x4000000 + (this.uint32() >>> 6)) / 0x20000000000000;
  }

  /**
   * Uniform integer in [0, bound); no value's probability is off by more than 2^-53.
   * @throws {InternalError} unless bound is an integer of 1 to 2^53 - 1.
   */
  integer(bound: number): number {
    if (!Number.isSafeInteger(bound) || bound < 1) {
      throw new InternalError(`the bound ${bound} is not a positive integer`, { where: 'core/Random.integer' });
    }
    return Math.floor(this.uniform() * bound);
  }

  /** Standard normal by Box and Muller; one value a call, so that a stream's position does not hide a spare. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A new array with the same elements in random order (Fisher and Yates). */
  shuffle<T>(values: readonly T[]): T[] {
    const result = [...values];
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [result[i], result[j]] = [result[j]!, result[i]!];
    }
    return result;
  }

  /** Integers 0..n-1 in random order. */
  permutation(n: number): number[] {
    return this.shuffle(Array.from({ length: n }, (_, i) => i));
  }

  /** `k` distinct integers of 0..n-1, in random order; all of them if k >= n. */
  sample(n: number, k: number): number[] {
    return this.permutation(n).slice(0, k);
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
