import { readStateFile, writeStateFile } from '@pharmacist/core';
import type { MappedValues } from '@pharmacist/selector';
import { z } from 'zod';

const counts = z.tuple([z.number(), z.number()]).optional();
const passesSchema = z.object({ forward: counts, backward: counts });
const metaSchema = z.object({ plan: z.string(), number: z.int(), passes: passesSchema });

/** Batches and rows that went through the model, by kind. */
export type ShardPasses = z.output<typeof passesSchema>;

export interface FoundIn {
  readonly plan: string;
  readonly number: number;
}

/** Writes what was found in the rows of a shard. Whole or not at all. */
export async function writeFound(path: string, shard: FoundIn & { readonly passes: ShardPasses }, { arrays }: MappedValues): Promise<void> {
  await writeStateFile(path, { meta: { ...shard }, arrays: { ...arrays } });
}

/** Reads it into values of the shard's rows. @returns its passes, or why it cannot be taken: only a file of this plan, of this shard and of these rows is. */
export async function readFound(
  path: string,
  { plan, number }: FoundIn,
  values: MappedValues,
): Promise<{ readonly passes: ShardPasses } | 'missing' | 'damaged' | 'foreign'> {
  const state = await readStateFile(path);
  if (typeof state === 'string') return state;
  const meta = metaSchema.safeParse(state.meta).data;
  if (meta === undefined) return 'damaged';
  if (meta.plan !== plan || meta.number !== number) return 'foreign';
  return values.restore(state.arrays) ? { passes: meta.passes } : 'damaged';
}
