import { NumericError } from '@pharmacist/core';
import { adapterTensors, batchInputs, type LoraAdapter, lossProgram } from '@pharmacist/language-model';
import { floats } from '@pharmacist/tensor-kernels';
import { type AdapterMeta, adapterOf, adapterState } from './row-maps/adapter-state.ts';
import { mapRows, type RowPass } from './row-maps/map-rows.ts';
import type { RowMap } from './row-maps/row-map.ts';
import type { SelectionContext } from './selector.ts';

/** Mean answer NLL of a row, nats a token, under the model with an adapter, or without one. */
export const lossMap: RowMap<{ readonly adapter?: AdapterMeta | undefined }> = {
  name: 'losses',
  passes: ['forward'],
  forms: () => ({ losses: { type: 'f64', each: 1 } }),
  open(model, { meta, arrays }, phase) {
    const adapter = meta.adapter && adapterOf(meta.adapter, arrays);
    const scale = adapter?.scale ?? 0;
    const program = model.function(`loss ${scale}`, () => model.engine.compile('loss', lossProgram(model.config, scale)));
    const fixed = { ...model.inputs, ...(adapter && adapterTensors(adapter)) };
    return {
      async read({ batch, rows }) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, new Float32Array(batch.batchSize)) });
        const sums = floats(outputs['rowLosses']!);
        return rows.map((_, b) => ({ losses: [finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', phase)] }));
      },
    };
  },
};

/** Mean answer NLL of each row in nats a token, f64 [N]; NaN for rows without targets. One forward pass over the rows. @throws {NumericError} */
export async function meanLosses(
  context: SelectionContext,
  { adapter, ...pass }: RowPass & { readonly adapter?: LoraAdapter },
): Promise<Float64Array> {
  const state = adapter && adapterState(adapter);
  const parameters = { meta: { ...(state && { adapter: state.meta }) }, arrays: { ...state?.arrays } };
  return (await mapRows(context, pass, lossMap, { parameters })).arrays['losses'] as Float64Array;
}

/** The value of one row. @throws {NumericError} if it is NaN or infinite: such a row must not pass for one without an answer. */
export function finite(value: number, what: string, where: string): number {
  if (Number.isFinite(value)) return value;
  throw new NumericError(`the ${what} of a row is ${value}`, { where, hint: 'the model cannot read these rows: use another checkpoint' });
}
