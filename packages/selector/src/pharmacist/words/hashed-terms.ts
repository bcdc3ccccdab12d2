import { fnv1a, mixBits } from '@pharmacist/core';
import type { SparseRow } from '../../learning/sparse-row.ts';

/** 2^15: the weights of a model fit 32 kB as bytes; four times as many gained nothing (docs/log.md). */
export const NUM_BUCKETS = 32_768;

const LONGEST_RUN = 3;
const SEPARATOR = ' ';

/**
 * Terms and runs of two and three neighbouring terms, hashed into buckets (Weinberger and others, ICML 2009; without signs, so that all values are positive),
 * each with 1 + ln(count), the row scaled to length 1. A fixed space: weights learned elsewhere mean the same here.
 */
export function hashedTerms(terms: readonly string[]): SparseRow {
  const counts = new Map<number, number>();
  eachBucket(terms, (bucket) => counts.set(bucket, (counts.get(bucket) ?? 0) + 1));
  const indices = Int32Array.from(counts.keys()).sort();
  const values = Float64Array.from(indices, (bucket) => 1 + Math.log(counts.get(bucket)!));
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return { indices, values: values.map((value) => value / length) };
}

/** Visits each run of terms: its bucket, the place of its first term, and its number of terms. */
export function eachBucket(terms: readonly string[], visit: (bucket: number, start: number, length: number) => void): void {
  for (let start = 0; start < terms.length; start++) {
    let hash = fnv1a('');
    for (let length = 1; length <= Math.min(LONGEST_RUN, terms.length - start); length++) {
      hash = fnv1a(terms[start + length - 1]!, fnv1a(SEPARATOR, hash));
      visit(mixBits(hash) % NUM_BUCKETS, start, length);
    }
  }
}
