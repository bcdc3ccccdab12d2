import { adapterTensors, batchInputs, type TokenizedRow } from '@pharmacist/language-model';
import { type EngineInput, float32, floats, type HostTensor, type ResidentTensor } from '@pharmacist/tensor-kernels';
import { checkpointed } from '../checkpointed.ts';
import { ownMeanWeights } from '../gradients/row-gradients.ts';
import { finite } from '../mean-losses.ts';
import { countRowBatches, rowBatches } from '../row-batches.ts';
import type { SelectionContext } from '../selector.ts';
import { type Projection, projectionInputs } from './projection.ts';
import { firstMomentInput, type GradientSpace, rowProgram, secondMomentInput, targetProgram } from './programs.ts';
import type { Epoch } from './warm-up.ts';

export interface CosineOptions {
  readonly epoch: Epoch;
  readonly type: 'adam' | 'sgd';
  readonly projection: Projection | undefined;
  readonly rows: readonly TokenizedRow[];
  /** Rows with targets. */
  readonly targets: readonly TokenizedRow[];
  /** Names the state, and what a person reads. */
  readonly name: string;
  readonly title: string;
}

/**
 * Mean cosine of each row with the target rows, f64 [N] in [-1, 1]; NaN for rows without targets. One forward and backward pass over the rows
 * and one over the target rows, continued where it was stopped. @throws {NumericError}
 */
export async function meanCosines(context: SelectionContext, options: CosineOptions): Promise<Float64Array> {
  const { epoch, projection } = options;
  const { model } = context;
  const factors = adapterTensors(epoch.adapter);
  const space: GradientSpace = { config: model.config, loraScale: epoch.adapter.scale, factors: Object.keys(factors), projection };
  const constants: Record<string, HostTensor> = { ...factors, ...(projection && projectionInputs(projection)) };
  for (const [factor, { shape }] of Object.entries(factors)) {
    constants[firstMomentInput(factor)] = float32(shape, epoch.firstMoments.get(factor)!);
    constants[secondMomentInput(factor)] = float32(shape, epoch.secondMoments.get(factor)!);
  }
  const resident: Record<string, ResidentTensor> = {};
  try {
    for (const [name, tensor] of Object.entries(constants)) resident[name] = await model.engine.upload(tensor);
    const fixed = { ...model.inputs, ...resident };
    const target = await meanTarget(context, options, space, fixed);
    return await cosinesWith(context, options, space, { ...fixed, ...target });
  } finally {
    for (const tensor of Object.values(resident)) await tensor.dispose();
  }
}

type Inputs = Readonly<Record<string, EngineInput>>;

/** The mean of the unit vectors along the target rows' gradients, as inputs of the row program. */
async function meanTarget(
  context: SelectionContext,
  { targets, name, title }: CosineOptions,
  space: GradientSpace,
  fixed: Inputs,
): Promise<Record<string, HostTensor>> {
  const { model, state } = context;
  const stateName = `${name}-target`;
  const asInputs = (sums: Readonly<Record<string, Float64Array>>) =>
    Object.fromEntries(
      Object.entries(sums).map(([part, sum]) => [
        part,
        float32(
          [sum.length, 1],
          Float32Array.from(sum, (value) => value / targets.length),
        ),
      ]),
    );
  const saved = await state.load(stateName);
  if (saved !== undefined) return asInputs(saved.arrays as Record<string, Float64Array>);
  const program = model.function(`less target ${keyOf(space)}`, () => model.engine.compile('target gradients', targetProgram(space)));
  const sums: Record<string, Float64Array> = {};
  const phase = `${title}: gradients of the target rows`;
  for (const { batch, indices, done } of rowBatches(targets, context)) {
    const outputs = await program.run({ ...fixed, ...batchInputs(batch, ownMeanWeights(batch)) });
    for (const [part, tensor] of Object.entries(outputs)) {
      const values = floats(tensor);
      const sum = (sums[part] ??= new Float64Array(values.length));
      values.forEach((value, i) => (sum[i]! += finite(value, 'gradient', phase)));
    }
    context.count('forward', 1, indices.length);
    context.count('backward', 1, indices.length);
    context.reporter.progress({ phase, done, total: targets.length, unit: 'rows' });
  }
  await state.save(stateName, { meta: {}, arrays: sums });
  return asInputs(sums);
}

async function cosinesWith(
  context: SelectionContext,
  { rows, type, name, title }: CosineOptions,
  space: GradientSpace,
  fixed: Inputs,
): Promise<Float64Array> {
  const { model } = context;
  const program = model.function(`less ${type} ${keyOf(space)}`, () => model.engine.compile('cosines of rows', rowProgram(space, type)));
  const cosines = new Float64Array(rows.length).fill(NaN);
  const phase = `${title}: cosines of all rows`;
  await checkpointed(context, {
    name,
    values: { cosines },
    numIndependent: countRowBatches(rows, context.batchSize),
    async *steps(start) {
      for (const { batch, indices, done } of rowBatches(rows, context, start)) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, ownMeanWeights(batch)) });
        const [dots, squares] = [floats(outputs['dot']!), floats(outputs['squaredNorm']!)];
        indices.forEach((row, b) => {
          const norm = finite(Math.sqrt(squares[b]!), 'gradient norm', phase);
          const cosine = norm > 0 ? dots[b]! / norm : 0;
          cosines[row] = Math.max(-1, Math.min(1, cosine)); // rounding may pass the bounds
        });
        context.count('forward', 1, indices.length);
        context.count('backward', 1, indices.length);
        context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
        yield;
      }
    },
  });
  return cosines;
}

/** Tells programs apart: all that they are compiled for but shapes and the form of the model. */
function keyOf({ loraScale, factors, projection }: GradientSpace): string {
  const groups = projection?.groups.map((group) => group.factors.length) ?? [];
  return `${loraScale} ${factors.join()} ${projection?.dim ?? 0} ${groups.join()}`;
}
