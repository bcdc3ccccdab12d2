import { join } from 'node:path';
import { readStateFile, type StateArray, writeStateFile } from '@pharmacist/core';
import type { IndependentSteps } from '@pharmacist/selector';
import { z } from 'zod';
import type { Shard, ShardPlan } from './shard-plan.ts';

const passesSchema = z.record(z.string(), z.tuple([z.number(), z.number()]));
const metaSchema = z.object({ plan: z.string(), number: z.int(), passes: passesSchema });

/** Batches and rows that went through the model, by kind. */
export type ShardPasses = z.output<typeof passesSchema>;

/** What one range of a pass found: which places of which values, and what it put there. */
export interface ShardResult {
  readonly passes: ShardPasses;
  readonly values: ReadonlyMap<string, { readonly places: Int32Array; readonly found: StateArray }>;
}

/** By the plan, so that a shard of another one is not looked at. @param dir folder of the run's checkpoints. */
export function shardFileOf(dir: string, plan: Pick<ShardPlan, 'id' | 'pass'>, { number }: Pick<Shard, 'number'>): string {
  return join(dir, 'shards', `${plan.pass.replaceAll(/[^A-Za-z0-9-]+/gu, '-')}.${plan.id.slice(0, 16)}.${number}.state`);
}

/** A copy of all values, to tell what changes. */
export function copyOf(values: IndependentSteps['values']): Record<string, StateArray> {
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, array.slice()]));
}

/** Writes what differs between two states of the values. Whole or not at all. */
export async function writeShard(
  path: string,
  {
    plan,
    number,
    passes,
    before,
    after,
  }: { plan: string; number: number; passes: ShardPasses; before: IndependentSteps['values']; after: IndependentSteps['values'] },
): Promise<void> {
  const arrays: Record<string, StateArray> = {};
  for (const [name, array] of Object.entries(after)) {
    const old = before[name]!;
    const places: number[] = [];
    for (let i = 0; i < array.length; i++) if (!Object.is(array[i], old[i])) places.push(i);
    arrays[`places ${name}`] = Int32Array.from(places);
    const found = array.slice(0, places.length);
    places.forEach((place, i) => (found[i] = array[place]!));
    arrays[`found ${name}`] = found;
  }
  await writeStateFile(path, { meta: { plan, number, passes }, arrays });
}

/** What a shard's file holds, or why it cannot be taken. Only a file of this plan, of this shard, and of the values' form is taken. */
export async function readShard(
  path: string,
  { plan, shard, values }: { plan: ShardPlan; shard: Shard; values: IndependentSteps['values'] },
): Promise<ShardResult | 'missing' | 'damaged' | 'foreign'> {
  const state = await readStateFile(path);
  if (typeof state === 'string') return state;
  const meta = metaSchema.safeParse(state.meta).data;
  if (meta === undefined) return 'damaged';
  if (meta.plan !== plan.id || meta.number !== shard.number) return 'foreign';
  const found: [string, { places: Int32Array; found: StateArray }][] = [];
  for (const [name, array] of Object.entries(values)) {
    const [places, own] = [state.arrays[`places ${name}`], state.arrays[`found ${name}`]];
    if (!(places instanceof Int32Array) || own?.constructor !== array.constructor || own.length !== places.length) return 'damaged';
    if (places.some((place) => place < 0 || place >= array.length)) return 'damaged';
    found.push([name, { places, found: own }]);
  }
  return { passes: meta.passes, values: new Map(found) };
}
