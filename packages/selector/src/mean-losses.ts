import { NumericError } from '@pharmacist/core';
import type { LoraAdapter } from '@pharmacist/language-model';
import { forwardPass, type RowPass } from './forward-pass.ts';
import type { SelectionContext } from './selector.ts';

/** Mean answer NLL of each row in nats a token, f64 [N]; NaN for rows without targets. One forward pass over the rows. @throws {NumericError} */
export async function meanLosses(context: SelectionContext, pass: RowPass & { readonly adapter?: LoraAdapter }): Promise<Float64Array> {
  const losses = new Float64Array(pass.rows.length).fill(NaN);
  await forwardPass(context, pass, { losses }, async ({ batch, indices }) => {
    const sums = await context.model.rowLosses(batch, pass.adapter);
    indices.forEach((index, b) => (losses[index] = finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', pass.phase)));
  });
  return losses;
}

/** The value of one row. @throws {NumericError} if it is NaN or infinite: such a row must not pass for one without an answer. */
export function finite(value: number, what: string, where: string): number {
  if (Number.isFinite(value)) return value;
  throw new NumericError(`the ${what} of a row is ${value}`, { where, hint: 'the model cannot read these rows: use another checkpoint' });
}
