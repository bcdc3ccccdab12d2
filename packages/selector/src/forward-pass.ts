import type { StateArray } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { checkpointed } from './checkpointed.ts';
import { countRowBatches, type RowBatch, rowBatches } from './row-batches.ts';
import type { SelectionContext } from './selector.ts';

/** Which rows a pass reads and what it is called. */
export interface RowPass {
  readonly rows: readonly TokenizedRow[];
  /** Name of the checkpoint; a pass without one starts over when it is stopped. */
  readonly name?: string;
  /** The pass for a person. */
  readonly phase: string;
}

/**
 * Reads all rows that have targets once, batch by batch: `read` puts what it finds into `values`, at the places of that batch's rows alone, and
 * reads no other, so that ranges of batches may be read elsewhere. Counts a forward pass a batch.
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
    numIndependent: countRowBatches(rows, context.batchSize),
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
