import { hashOfValue } from '@pharmacist/core';
import type { IndependentSteps } from '@pharmacist/selector';

/** A range of the steps of a pass. */
export interface Shard {
  readonly number: number;
  readonly from: number;
  readonly to: number;
}

export interface ShardPlan {
  /** Of all that decides what is in a shard: files of another plan are not taken. */
  readonly id: string;
  readonly pass: string;
  readonly shards: readonly Shard[];
}

/** Shards for each process, so that one that is slower or lost delays little. */
const SHARDS_A_PROCESS = 4;
const ASSUMED_PROCESSES = 8;
/** Batches below which a process of its own costs more than it saves. */
const LEAST_STEPS = 16;

/**
 * Ranges of a pass's batches, as they are planned over all rows: what is computed of a row depends in its last bits on the batch it is in, and so it is
 * the same whoever computes it.
 * @param size batches of a shard; `auto` takes four shards a process, of 16 batches or more.
 * @param identity of the run: what it is made of, and in which versions.
 */
export function planShards(
  { name, from, to, values }: Omit<IndependentSteps, 'steps'>,
  { size, parallel = ASSUMED_PROCESSES, identity }: { size: number | 'auto'; parallel?: number | undefined; identity: unknown },
): ShardPlan {
  const steps = size === 'auto' ? Math.max(LEAST_STEPS, Math.ceil((to - from) / (SHARDS_A_PROCESS * parallel))) : size;
  const shards: Shard[] = [];
  for (let start = from; start < to; start += steps) shards.push({ number: shards.length, from: start, to: Math.min(to, start + steps) });
  const forms = Object.entries(values).map(([key, array]) => [key, array.constructor.name, array.length]);
  return { id: hashOfValue({ identity, pass: name, forms, shards }), pass: name, shards };
}
