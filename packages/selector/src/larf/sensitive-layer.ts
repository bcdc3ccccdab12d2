import { batchInputs, type TokenizedRow } from '@pharmacist/language-model';
import { float32, floats } from '@pharmacist/tensor-kernels';
import { forwardPass } from '../forward-pass.ts';
import { finite } from '../mean-losses.ts';
import type { SelectionContext } from '../selector.ts';
import { mean } from './paired-difference.ts';
import { scaledLossProgram } from './scaled-layers.ts';

export interface SensitiveLayer {
  /** From 1. */
  readonly layer: number;
  /** By how much scaling each layer widens the margin, nats a token, [L]. */
  readonly changes: readonly number[];
}

/**
 * The layer whose weights times `scale` widen the margin most: mean loss of the unsafe rows - mean loss of the safe rows, means over rows of each row's
 * mean answer NLL. Of equal layers the first. One forward pass with each layer scaled and one with none; it continues after a kill.
 */
export async function sensitiveLayer(
  context: SelectionContext,
  { safe, unsafe, scale }: { safe: readonly TokenizedRow[]; unsafe: readonly TokenizedRow[]; scale: number },
): Promise<SensitiveLayer> {
  const { model } = context;
  const { numLayers } = model.config;
  const program = model.function('scaled layers', () => model.engine.compile('scaled layers', scaledLossProgram(model.config)));
  const rows = [...safe, ...unsafe];
  const phase = 'LARF: losses with each layer scaled';
  // losses[l][row]: with layer l scaled, from 1; with none at 0.
  const losses = Array.from({ length: numLayers + 1 }, () => new Float64Array(rows.length));
  const values = Object.fromEntries(losses.map((array, layer) => [`layer ${layer}`, array]));
  await forwardPass(context, { rows, name: 'larf-layers', phase }, values, async ({ batch, indices }) => {
    for (const [layer, found] of losses.entries()) {
      const scales = Float32Array.from({ length: numLayers }, (_, l) => (l + 1 === layer ? scale : 1));
      const { rowLosses } = await program.run({
        ...model.inputs,
        ...batchInputs(batch, new Float32Array(batch.batchSize)),
        layerScales: float32([numLayers], scales),
      });
      const sums = floats(rowLosses!);
      indices.forEach((index, b) => (found[index] = finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', phase)));
    }
    context.count('forward', numLayers, numLayers * indices.length);
  });
  const [unscaled, ...scaled] = losses.map((found) => mean(found.subarray(safe.length)) - mean(found.subarray(0, safe.length)));
  const changes = scaled.map((margin) => margin - unscaled!);
  return { layer: 1 + changes.indexOf(Math.max(...changes)), changes };
}
