import { z } from 'zod';
import { label } from '../run/label.ts';

/** Rows of this kind are what a selection looks for; they fill what the other kinds leave of a pool. */
export const GOOD = 'good';
/** Made from other rows where the source has too few. */
export const LOW_QUALITY = 'low-quality';
/** Always made: near-copies of good rows of the same pool. */
export const DUPLICATE = 'duplicate';

const SHARE = 'expected a share above 0 and below 1';

/** One pool of known truth, drawn from the rows of `data.alignment` by their field `kind`. */
export const poolSchema = z
  .strictObject({
    label,
    /** Rows. */
    size: z.int().min(2),
    /** Share of each kind beside the good one, for instance `{ good: rest, mislabelled: 0.2 }`. */
    shares: z.record(label, z.union([z.literal('rest'), z.number().gt(0, SHARE).lt(1, SHARE)], { error: SHARE })),
    /** Makes every low-quality row here, by all corruptions in equal parts, even where the source has rows of this kind. */
    spoil: z.boolean().optional(),
    /** Draws the same rows for every seed of the run; if left out, each seed draws a pool of its own. */
    seed: z.int().min(0).optional(),
  })
  .superRefine((pool, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['shares'], message });
    const { [GOOD]: good = 'rest', ...others } = pool.shares;
    const kinds = Object.keys(others);
    if (good !== 'rest') refuse('good rows are what the other kinds leave: write "good: rest", or leave good out');
    else if (Object.values(others).includes('rest')) refuse('only "good" can be the rest');
    else if (kinds.length === 0) refuse('name a kind beside "good", for instance "mislabelled: 0.2"');
    else if (pool.spoil === true && !kinds.includes(LOW_QUALITY)) refuse(`"spoil" makes the ${LOW_QUALITY} rows: give them a share`);
    else {
      const counts = poolCounts(pool);
      const none = kinds.filter((kind) => counts.get(kind) === 0);
      const numGood = counts.get(GOOD)!;
      const numCopies = counts.get(DUPLICATE) ?? 0;
      if (none.length > 0) refuse(`${none.join(', ')}: the share of ${pool.size} rows is no row`);
      if (numGood < 1) refuse('the shares leave no good row');
      else if (numCopies > numGood) refuse(`${numCopies} near-copies are asked for, of ${numGood} good rows`);
    }
  });

export type PoolSpec = z.infer<typeof poolSchema>;

/** Rows of each kind, the good ones first: shares of the size, each rounded to the nearest; the good kind has the rest. */
export function poolCounts({ size, shares }: PoolSpec): Map<string, number> {
  const { [GOOD]: _, ...others } = shares;
  const counts = Object.entries(others).map(([kind, share]): [string, number] => [kind, Math.round(Number(share) * size)]);
  return new Map([[GOOD, size - counts.reduce((sum, [, count]) => sum + count, 0)], ...counts]);
}
