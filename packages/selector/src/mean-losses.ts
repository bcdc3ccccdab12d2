import { NumericError } from '@pharmacist/core';
import type { LoraAdapter, TokenizedRow } from '@pharmacist/language-model';
import { rowBatches } from './row-batches.ts';
import type { SelectionContext } from './selector.ts';

/** Mean answer NLL of each row in nats a token, f64 [N]; NaN for rows without targets. One forward pass over the rows. @throws {NumericError} */
export async function meanLosses(
  rows: readonly TokenizedRow[],
  context: SelectionContext,
  phase: string,
  adapter?: LoraAdapter,
): Promise<Float64Array> {
  const losses = new Float64Array(rows.length).fill(NaN);
  for (const { batch, indices, done } of rowBatches(rows, context)) {
    const sums = await context.model.rowLosses(batch, adapter);
    indices.forEach((index, b) => (losses[index] = finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', phase)));
    context.count('forward', 1, indices.length);
    context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  return losses;
}

/** The value of one row. @throws {NumericError} if it is NaN or infinite: such a row must not pass for one without an answer. */
export function finite(value: number, what: string, where: string): number {
  if (Number.isFinite(value)) return value;
  throw new NumericError(`the ${what} of a row is ${value}`, { where, hint: 'the model cannot read these rows: use another checkpoint' });
}
