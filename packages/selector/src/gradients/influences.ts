import { adapterTensors, batchInputs, type LanguageModel, type LoraAdapter, type TokenizedRow } from '@pharmacist/language-model';
import { type EngineInput, float32, floats } from '@pharmacist/tensor-kernels';
import { checkpointed } from '../checkpointed.ts';
import { finite } from '../mean-losses.ts';
import { countRowBatches, rowBatches } from '../row-batches.ts';
import type { SelectionContext } from '../selector.ts';
import type { Direction } from './directions.ts';
import { directionInput, influenceProgram } from './influence-program.ts';
import { ownMeanWeights } from './row-gradients.ts';

/** Influences of N rows, f64; NaN for rows without targets. */
export interface Influences {
  /** Mean answer NLL, nats a token. */
  readonly loss: Float64Array;
  /** |g_i|. */
  readonly gradientNorm: Float64Array;
  /** <g_i, v> / |g_i| by direction name. */
  readonly cosines: Record<string, Float64Array>;
}

export interface InfluenceOptions {
  readonly model: LanguageModel;
  readonly adapter: LoraAdapter;
  readonly rows: readonly TokenizedRow[];
  readonly directions: Readonly<Record<string, Direction>>;
  /** Name of the checkpoint; a pass without one starts over when it is stopped. */
  readonly name?: string | undefined;
  /** The pass for a person. */
  readonly phase: string;
}

/** Influences of all rows on all directions (there may be none), in one pass that continues where it was stopped. @throws {NumericError} */
export async function influencesOf(
  context: SelectionContext,
  { model, adapter, rows, directions, name, phase }: InfluenceOptions,
): Promise<Influences> {
  const names = Object.keys(directions);
  const tensors = adapterTensors(adapter);
  const factors = Object.keys(tensors);
  const program = model.function(`influence ${adapter.scale} ${factors.join()} ${names.join()}`, () =>
    model.engine.compile('row influences', influenceProgram(model.config, adapter.scale, factors, names)),
  );
  const fixed: Record<string, EngineInput> = { ...model.inputs };
  for (const [factor, tensor] of Object.entries(tensors)) {
    fixed[factor] = tensor;
    for (const direction of names) fixed[directionInput(direction, factor)] = float32(tensor.shape, directions[direction]!.get(factor)!);
  }
  const column = () => new Float64Array(rows.length).fill(NaN);
  const [loss, gradientNorm] = [column(), column()];
  const cosines = Object.fromEntries(names.map((direction) => [direction, column()]));
  await checkpointed(context, {
    name,
    values: { loss, gradientNorm, ...Object.fromEntries(names.map((direction) => [`cosine ${direction}`, cosines[direction]!])) },
    numIndependent: countRowBatches(rows, context.batchSize),
    async *steps(start) {
      for (const { batch, indices, done } of rowBatches(rows, context, start)) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, ownMeanWeights(batch)) });
        const [sums, squares] = [floats(outputs['rowLosses']!), floats(outputs['squaredNorm']!)];
        const dots = names.length === 0 ? new Float32Array() : floats(outputs['dots']!);
        indices.forEach((row, b) => {
          loss[row] = finite(sums[b]! / batch.rowTargetCounts[b]!, 'loss', phase);
          gradientNorm[row] = finite(Math.sqrt(squares[b]!), 'gradient norm', phase);
          names.forEach(
            (direction, d) => (cosines[direction]![row] = squares[b]! > 0 ? dots[b * names.length + d]! / gradientNorm[row]! : 0),
          );
        });
        context.count('forward', 1, indices.length);
        context.count('backward', 1, indices.length);
        context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
        yield;
      }
    },
  });
  return { loss, gradientNorm, cosines };
}
