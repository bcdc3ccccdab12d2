import type { State } from '@pharmacist/core';
import type { MappedValues } from '@pharmacist/selector';
import { z } from 'zod';
import type { ShardStore } from './shard-store.ts';

const counts = z.tuple([z.number(), z.number()]).optional();
const passesSchema = z.object({ forward: counts, backward: counts });
const metaSchema = z.object({ plan: z.string(), number: z.int(), passes: passesSchema });

/** Batches and rows that went through the model, by kind. */
export type ShardPasses = z.output<typeof passesSchema>;

export interface FoundIn {
  readonly plan: string;
  readonly number: number;
}

/** Writes what was found in the rows of a shard. Whole or not at all, and not over what another has found. */
export async function writeFound(
  { store, name }: { store: ShardStore; name: string },
  shard: FoundIn & { readonly passes: ShardPasses },
  values: MappedValues,
): Promise<void> {
  const state = { meta: { ...shard }, arrays: { ...values.arrays } };
  await store.writeFirst(name, state, (found) => typeof takeFound(found, shard, values) !== 'string');
}

/**
 * Takes what was found into values of the shard's rows.
 * @returns its passes, or why it cannot be taken: only a file of this plan, of this shard and of these rows is.
 */
export function takeFound(
  state: State | 'missing' | 'damaged',
  { plan, number }: FoundIn,
  values: MappedValues,
): { readonly passes: ShardPasses } | 'missing' | 'damaged' | 'foreign' {
  if (typeof state === 'string') return state;
  const meta = metaSchema.safeParse(state.meta).data;
  if (meta === undefined) return 'damaged';
  if (meta.plan !== plan || meta.number !== number) return 'foreign';
  return values.restore(state.arrays) ? { passes: meta.passes } : 'damaged';
}
