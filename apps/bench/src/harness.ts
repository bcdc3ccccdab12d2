import { setTimeout as sleep } from 'node:timers/promises';
import { InternalError } from '@pharmacist/core';

/** One thing to measure. */
export interface Variant {
  readonly name: string;
  /** Does the work once. @returns what is measured, in the suite's unit (milliseconds as a rule); the caller times nothing. */
  run(): Promise<number>;
}

export interface InterleaveOptions {
  /** Rounds that count. */
  readonly rounds: number;
  /** Rounds before them that do not: compilation, first touch of memory, clock frequency. */
  readonly warmup: number;
  /** Pause before each measurement, in milliseconds: threads of the variant before stop spinning. */
  readonly restMs?: number;
  onRound?(round: number): void;
}

/**
 * Measures variants side by side: A B C A B C …, so that a change of the machine's speed during the run falls on all of them, and a
 * ratio can be taken round by round.
 * @returns the values of each variant by name, one a counted round, in order.
 */
export async function interleave(
  variants: readonly Variant[],
  { rounds, warmup, restMs = 0, onRound }: InterleaveOptions,
): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  if (values.size !== variants.length) throw new InternalError('two variants share a name', { where: 'bench/interleave' });
  for (let round = -warmup; round < rounds; round++) {
    for (const { name, run } of variants) {
      if (restMs > 0) await sleep(restMs);
      const value = await run();
      if (round >= 0) values.get(name)!.push(value);
    }
    if (round >= 0) onRound?.(round);
  }
  return values;
}

/** A variant that measures wall time, in milliseconds. */
export function timed(name: string, work: () => Promise<unknown>): Variant {
  return {
    name,
    run: async () => {
      const start = performance.now();
      await work();
      return performance.now() - start;
    },
  };
}
