import type { StateArray } from '@pharmacist/core';
import { checkpointed } from './checkpointed.ts';
import { type RowBatch, rowBatches } from './row-batches.ts';
import type { RowPass } from './row-maps/map-rows.ts';
import type { SelectionContext } from './selector.ts';

/**
 * Reads all rows that have targets once, here, batch by batch: `read` puts what it finds into `values`. Counts a forward pass a batch. What is found in
 * a row by itself, over a whole pool, is for `mapRows`, whose passes can be divided.
 */
export async function forwardPass(
  context: SelectionContext,
  { rows, name, phase }: RowPass,
  values: Readonly<Record<string, StateArray>>,
  read: (batch: RowBatch) => Promise<void>,
): Promise<void> {
  await checkpointed(context, {
    name,
    values,
    async *steps(start) {
      for (const batch of rowBatches(rows, context, start)) {
        await read(batch);
        context.count('forward', 1, batch.indices.length);
        context.reporter.progress({ phase, done: batch.done, total: rows.length, unit: 'rows' });
        yield;
      }
    },
  });
}
