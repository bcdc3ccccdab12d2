import { adapterTensors, batchInputs, type LanguageModel, type LoraAdapter, type TokenizedRow } from '@pharmacist/language-model';
import type { StateArray } from '@pharmacist/core';
import { type EngineInput, float32, floats, type HostTensor, type ResidentTensor } from '@pharmacist/tensor-kernels';
import { ownMeanWeights } from '../gradients/row-gradients.ts';
import { finite } from '../mean-losses.ts';
import { rowBatches } from '../row-batches.ts';
import { type AdapterMeta, adapterOf, adapterState, rankOf } from '../row-maps/adapter-state.ts';
import { mapRows } from '../row-maps/map-rows.ts';
import type { MapParameters, RowMap } from '../row-maps/row-map.ts';
import type { SelectionContext } from '../selector.ts';
import { createProjection, projectionInputs } from './projection.ts';
import { firstMomentInput, type GradientSpace, rowProgram, secondMomentInput, targetPart, targetProgram } from './programs.ts';
import type { Epoch } from './warm-up.ts';

export interface CosineOptions {
  readonly epoch: Epoch;
  readonly type: 'adam' | 'sgd';
  /** 0 compares gradients as they are. */
  readonly projectionDim: number;
  readonly projectionSeed: number;
  readonly rows: readonly TokenizedRow[];
  /** Rows with targets. */
  readonly targets: readonly TokenizedRow[];
  /** Names the state, and what a person reads. */
  readonly name: string;
  readonly title: string;
}

interface CosineMeta {
  readonly adapter: AdapterMeta;
  readonly type: 'adam' | 'sgd';
  readonly projectionDim: number;
  readonly projectionSeed: number;
  /** Parts of the target. */
  readonly numParts: number;
}

/** Cosine of a row's step with the target. Parameters: the adapter's factors, the moments by the names of their inputs, and the target's parts. */
export const cosineMap: RowMap<CosineMeta> = {
  name: 'cosines',
  passes: ['forward', 'backward'],
  loraRank: ({ meta }) => rankOf(meta.adapter),
  forms: () => ({ cosines: { type: 'f64', each: 1 } }),
  async open(model, { meta, arrays }, phase) {
    const { space, inputs, dispose } = await openSpace(model, { ...meta, adapter: adapterOf(meta.adapter, arrays), arrays });
    const parts = Array.from({ length: meta.numParts }, (_, i) => targetPart(i));
    const target = parts.map((part) => [part, float32([arrays[part]!.length, 1], arrays[part] as Float32Array)] as const);
    const fixed = { ...inputs, ...Object.fromEntries(target) };
    const { type } = meta;
    const program = model.function(`less ${type} ${keyOf(space)}`, () => model.engine.compile('cosines of rows', rowProgram(space, type)));
    return {
      async read({ batch, rows }) {
        const outputs = await program.run({ ...fixed, ...batchInputs(batch, ownMeanWeights(batch)) });
        const [dots, squares] = [floats(outputs['dot']!), floats(outputs['squaredNorm']!)];
        return rows.map((_, b) => {
          const norm = finite(Math.sqrt(squares[b]!), 'gradient norm', phase);
          const cosine = norm > 0 ? dots[b]! / norm : 0;
          return { cosines: [Math.max(-1, Math.min(1, cosine))] }; // rounding may pass the bounds
        });
      },
      dispose,
    };
  },
};

/**
 * Mean cosine of each row with the target rows, f64 [N] in [-1, 1]; NaN for rows without targets. One forward and backward pass over the rows
 * and one over the target rows, continued where it was stopped. @throws {NumericError}
 */
export async function meanCosines(context: SelectionContext, options: CosineOptions): Promise<Float64Array> {
  const { epoch, rows, type, projectionDim, projectionSeed, name, title } = options;
  const { meta, arrays } = adapterState(epoch.adapter);
  const moments = Object.keys(arrays).flatMap((factor) => [
    [firstMomentInput(factor), epoch.firstMoments.get(factor)!] as const,
    [secondMomentInput(factor), epoch.secondMoments.get(factor)!] as const,
  ]);
  const fixed = { ...arrays, ...Object.fromEntries(moments) };
  const target = await meanTarget(context, options, fixed);
  const parameters: MapParameters<CosineMeta> = {
    meta: { adapter: meta, type, projectionDim, projectionSeed, numParts: Object.keys(target).length },
    arrays: { ...fixed, ...target },
  };
  const values = await mapRows(context, { rows, name, phase: `${title}: cosines of all rows` }, cosineMap, { parameters });
  return values.arrays['cosines'] as Float64Array;
}

/** Gradients as they are compared: the adapter, the moments and the projection on the engine. */
async function openSpace(
  model: LanguageModel,
  {
    adapter,
    projectionDim,
    projectionSeed,
    arrays,
  }: Pick<CosineMeta, 'projectionDim' | 'projectionSeed'> & { adapter: LoraAdapter; arrays: Readonly<Record<string, StateArray>> },
): Promise<{ space: GradientSpace; inputs: Readonly<Record<string, EngineInput>>; dispose(): Promise<void> }> {
  const factors = adapterTensors(adapter);
  const shapes = Object.fromEntries(Object.entries(factors).map(([name, { shape }]) => [name, shape]));
  const projection = projectionDim === 0 ? undefined : createProjection(shapes, projectionDim, projectionSeed);
  const constants: Record<string, HostTensor> = { ...factors, ...(projection && projectionInputs(projection)) };
  for (const [factor, shape] of Object.entries(shapes)) {
    for (const input of [firstMomentInput(factor), secondMomentInput(factor)])
      constants[input] = float32(shape, arrays[input] as Float32Array);
  }
  const resident: Record<string, ResidentTensor> = {};
  const dispose = async () => {
    for (const tensor of Object.values(resident)) await tensor.dispose();
  };
  try {
    for (const [name, tensor] of Object.entries(constants)) resident[name] = await model.engine.upload(tensor);
  } catch (error) {
    await dispose();
    throw error;
  }
  const space: GradientSpace = { config: model.config, loraScale: adapter.scale, factors: Object.keys(factors), projection };
  return { space, inputs: { ...model.inputs, ...resident }, dispose };
}

/** The mean of the unit vectors along the target rows' gradients, by part: f32 [n] each. */
async function meanTarget(
  context: SelectionContext,
  { epoch: { adapter }, projectionDim, projectionSeed, targets, name, title }: CosineOptions,
  arrays: Readonly<Record<string, StateArray>>,
): Promise<Record<string, Float32Array>> {
  const { model, state } = context;
  const stateName = `${name}-target`;
  const means = (sums: Readonly<Record<string, Float64Array>>) =>
    Object.fromEntries(Object.entries(sums).map(([part, sum]) => [part, Float32Array.from(sum, (value) => value / targets.length)]));
  const saved = await state.load(stateName);
  if (saved !== undefined) return means(saved.arrays as Record<string, Float64Array>);
  const { space, inputs, dispose } = await openSpace(model, { adapter, projectionDim, projectionSeed, arrays });
  const sums: Record<string, Float64Array> = {};
  try {
    const program = model.function(`less target ${keyOf(space)}`, () => model.engine.compile('target gradients', targetProgram(space)));
    const phase = `${title}: gradients of the target rows`;
    for (const { batch, indices, done } of rowBatches(targets, context)) {
      const outputs = await program.run({ ...inputs, ...batchInputs(batch, ownMeanWeights(batch)) });
      for (const [part, tensor] of Object.entries(outputs)) {
        const values = floats(tensor);
        const sum = (sums[part] ??= new Float64Array(values.length));
        values.forEach((value, i) => (sum[i]! += finite(value, 'gradient', phase)));
      }
      context.count('forward', 1, indices.length);
      context.count('backward', 1, indices.length);
      context.reporter.progress({ phase, done, total: targets.length, unit: 'rows' });
    }
  } finally {
    await dispose();
  }
  await state.save(stateName, { meta: {}, arrays: sums });
  return means(sums);
}

/** Tells programs apart: all that they are compiled for but shapes and the form of the model. */
function keyOf({ loraScale, factors, projection }: GradientSpace): string {
  const groups = projection?.groups.map((group) => group.factors.length) ?? [];
  return `${loraScale} ${factors.join()} ${projection?.dim ?? 0} ${groups.join()}`;
}
