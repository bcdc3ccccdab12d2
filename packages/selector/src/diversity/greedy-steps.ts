import { setImmediate } from 'node:timers/promises';
import { type StateArray, throwIfAborted } from '@pharmacist/core';
import { checkpointed } from '../checkpointed.ts';
import type { SelectionContext } from '../selector.ts';

export interface GreedyWork {
  readonly name: string;
  readonly phase: string;
  readonly unit: string;
  readonly total: number;
  readonly values: Readonly<Record<string, StateArray>>;
  /** Makes step `number`; false ends the work before it. */
  step(number: number): boolean;
}

/** Steps of plain arithmetic, such as picks of a greedy method: they continue where they were stopped and keep the process responsive. */
export async function greedySteps(context: SelectionContext, { name, phase, unit, total, values, step }: GreedyWork): Promise<void> {
  await checkpointed(context, {
    name,
    values,
    async *steps(start) {
      for (let number = start; number < total; number++) {
        throwIfAborted(context.signal);
        if (!step(number)) return;
        context.reporter.progress({ phase, done: number + 1, total, unit });
        await setImmediate(); // timers and signals have their turn
        yield;
      }
    },
  });
}
