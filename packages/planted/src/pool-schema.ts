import { entryLabel } from '@pharmacist/core';
import { CORRUPTION_NAMES } from '@pharmacist/data-io';
import { z } from 'zod';

import { DUPLICATE, GOOD, LOW_QUALITY } from './kinds.ts';

const SPOIL = `expected true, or a list of corruptions: ${CORRUPTION_NAMES.join(', ')}`;
const GOOD_FROM = 'expected "each", or a list of sources';
const SHARE = 'expected a share above 0 and below 1';

/** One pool of known truth, drawn from the rows of `data.alignment` by their field `kind`. */
export const poolSchema = z
  .strictObject({
    label: entryLabel,
    /** Rows. */
    size: z.int().min(2),
    /** Share of each kind beside the good one, for instance `{ good: rest, mislabelled: 0.2 }`. */
    shares: z.record(entryLabel, z.union([z.literal('rest'), z.number().gt(0, SHARE).lt(1, SHARE)], { error: SHARE })),
    /**
     * Makes every low-quality row here, even where the source has rows of this kind: by five plain corruptions (`true`) or by those named, in
     * equal parts.
     */
    spoil: z.union([z.boolean(), z.array(z.enum(CORRUPTION_NAMES)).min(1)], { error: SPOIL }).optional(),
    /** Has the strata of a kind (field of the rows) take turns, and good and benign rows in being spoiled; else rows come as they are drawn. */
    balanced: z.boolean().optional(),
    /** Trusted and harmful rows drawn beside the pool, of prompts that it does not have, in the place of `data.validation` and `data.harmful`. */
    trusted: z.int().min(1).optional(),
    harmful: z.int().min(1).optional(),
    /** Sources of the good rows: trusted and harmful rows are then of all others. `each` makes one pool of each source that has good rows. */
    goodFrom: z.union([z.literal('each'), z.array(z.string()).min(1)], { error: GOOD_FROM }).optional(),
    /** Draws the same rows for every seed of the run; if left out, each seed draws a pool of its own. */
    seed: z.int().min(0).optional(),
  })
  .superRefine((pool, context) => {
    const refuse = (message: string, setting = 'shares') => context.addIssue({ code: 'custom', path: [setting], message });
    const { [GOOD]: good = 'rest', ...others } = pool.shares;
    const kinds = Object.keys(others);
    if (good !== 'rest') refuse('good rows are what the other kinds leave: write "good: rest", or leave good out');
    else if (Object.values(others).includes('rest')) refuse('only "good" can be the rest');
    else if (kinds.length === 0) refuse('name a kind beside "good", for instance "mislabelled: 0.2"');
    else if (isSpoiling(pool) && !kinds.includes(LOW_QUALITY)) refuse(`"spoil" makes the ${LOW_QUALITY} rows: give them a share`);
    else {
      const counts = poolCounts(pool);
      const none = kinds.filter((kind) => counts.get(kind) === 0);
      const numGood = counts.get(GOOD)!;
      const numCopies = counts.get(DUPLICATE) ?? 0;
      if (none.length > 0) refuse(`${none.join(', ')}: the share of ${pool.size} rows is no row`);
      if (numGood < 1) refuse('the shares leave no good row');
      else if (numCopies > numGood) refuse(`${numCopies} near-copies are asked for, of ${numGood} good rows`);
    }
    if ((pool.trusted === undefined) !== (pool.harmful === undefined)) {
      refuse(
        'trusted and harmful rows are drawn together: give both numbers, or neither',
        pool.trusted === undefined ? 'trusted' : 'harmful',
      );
    } else if (pool.goodFrom !== undefined && pool.trusted === undefined) {
      refuse(
        'keeps the sources of trusted and harmful rows apart from those of good rows: say how many, for instance "trusted: 80, harmful: 40"',
        'goodFrom',
      );
    }
  });

export type PoolSpec = z.infer<typeof poolSchema>;

/** Whether all low-quality rows are made here. */
export function isSpoiling({ spoil }: Pick<PoolSpec, 'spoil'>): boolean {
  return spoil !== undefined && spoil !== false;
}

/** Whether there are pools and each draws its own trusted and harmful rows. */
export function drawsOwnRows(pools: readonly Pick<PoolSpec, 'trusted'>[]): boolean {
  return pools.length > 0 && pools.every(({ trusted }) => trusted !== undefined);
}

/** Rows of each kind, the good ones first: shares of the size, each rounded to the nearest; the good kind has the rest. */
export function poolCounts({ size, shares }: PoolSpec): Map<string, number> {
  const { [GOOD]: _, ...others } = shares;
  const counts = Object.entries(others).map(([kind, share]): [string, number] => [kind, Math.round(Number(share) * size)]);
  return new Map([[GOOD, size - counts.reduce((sum, [, count]) => sum + count, 0)], ...counts]);
}
