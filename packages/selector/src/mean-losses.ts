import type { LoraAdapter, TokenizedRow } from '@pharmacist/language-model';
import { rowBatches } from './row-batches.ts';
import type { SelectionContext } from './selector.ts';

/** Mean answer NLL of each row in nats a token, f64 [N]; NaN for rows without targets. One forward pass over the rows. */
export async function meanLosses(
  rows: readonly TokenizedRow[],
  context: SelectionContext,
  phase: string,
  adapter?: LoraAdapter,
): Promise<Float64Array> {
  const losses = new Float64Array(rows.length).fill(NaN);
  for (const { batch, indices, done } of rowBatches(rows, context)) {
    const sums = await context.model.rowLosses(batch, adapter);
    indices.forEach((index, b) => (losses[index] = sums[b]! / batch.rowTargetCounts[b]!));
    context.count('forward', 1, indices.length);
    context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  return losses;
}
