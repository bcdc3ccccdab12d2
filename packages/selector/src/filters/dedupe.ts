/**
 * Near-duplicates of prompt and response by MinHash (Broder 1997, "On the resemblance and containment of documents"): of each group the first row by
 * id stays. Similarity is the Jaccard index of word 3-shingles; see `duplicateGroups` for how pairs are found. Defaults: threshold 0.8, 128 hashes.
 * Rows without an answer are compared with none and stay.
 */
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { memberOf, slices, throwIfAborted, TypedList } from '@pharmacist/core';
import { DUPLICATE_DEFAULTS, duplicateSearch } from './duplicate-groups.ts';
import { defineFilter } from './define-filter.ts';
import type { FilterContext } from './filter.ts';
import { hashesNeeded } from './min-hash-bands.ts';

const config = z
  .strictObject({
    /** Least Jaccard similarity of duplicates. */
    threshold: z.number().gt(0).lte(1).default(DUPLICATE_DEFAULTS.threshold),
    /** MinHash values of a row. */
    numHashes: z.int().min(1).max(1024).default(DUPLICATE_DEFAULTS.numHashes),
    /** Words of one shingle. */
    shingleSize: z.int().min(1).max(16).default(DUPLICATE_DEFAULTS.shingleSize),
  })
  .superRefine(({ numHashes, threshold }, context) => {
    const needed = hashesNeeded(threshold);
    if (numHashes >= needed) return;
    const message = `expected ${needed} or more at a threshold of ${threshold}, got ${numHashes}`;
    context.addIssue({ code: 'custom', path: ['numHashes'], message });
  });

/** Places of shingles in their file, an open table of one band, groups, the verdict and its copy in the pool's order. */
const ROW_BYTES = 80;

export const dedupe = defineFilter({
  name: 'dedupe',
  summary: 'of near-duplicates, the first row by id',
  source: 'Broder 1997',
  config,
  rowBytes: () => ROW_BYTES,
  async apply(context, options) {
    const { pool } = context;
    const compared = await placesWithTargets(context);
    const groups = await groupsOf(context, compared, options);
    const [stays, columns] = [new Float64Array(pool.length).fill(1), { duplicate_group: new Float64Array(pool.length).fill(NaN) }];
    let numSeen = 0;
    compared.forEach((index, place) => {
      const group = groups[place]!;
      if (group === -1) return;
      columns.duplicate_group[index] = group;
      // Groups are numbered in the order of their first members.
      if (group === numSeen) numSeen++;
      else stays[index] = 0;
    });
    return { stays, columns };
  },
});

/** Rows that have an answer. */
async function placesWithTargets({ pool, signal }: FilterContext): Promise<Int32Array> {
  const places = new TypedList((length) => new Int32Array(length));
  const rowAt = memberOf(pool);
  for await (const [start, end] of slices(pool.length, { signal })) {
    for (let index = start; index < end; index++) if (rowAt(index).tokens.hasTargets) places.push(index);
  }
  return places.values();
}

/** `duplicateGroups` of the rows at `compared`; between two steps progress is shown and an interrupt is heard. */
async function groupsOf(
  { pool, reporter, signal }: FilterContext,
  compared: Int32Array,
  options: z.infer<typeof config>,
): Promise<Int32Array> {
  function* texts() {
    // Made one by one: a million joined texts would be a second copy of the pool.
    const rowAt = memberOf(pool);
    for (const index of compared) {
      const { prompt, response } = rowAt(index).text;
      yield `${prompt}\n${response}`;
    }
  }
  const search = duplicateSearch(texts(), options);
  for (;;) {
    throwIfAborted(signal);
    const { done: isDone, value } = search.next();
    if (isDone === true) return value;
    const { step, done, total = compared.length } = value;
    reporter.progress({
      phase: `dedupe: ${step === 'read' ? 'reading' : 'comparing'}`,
      done,
      total,
      unit: step === 'read' ? 'rows' : 'bands',
    });
    await setImmediate();
  }
}
