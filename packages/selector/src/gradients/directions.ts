import { NumericError } from '@pharmacist/core';
import {
  adapterTensors,
  type Batch,
  batchInputs,
  gradientOutputs,
  gradientsOf,
  type LanguageModel,
  type ModelConfig,
  type LoraAdapter,
  rowMeanWeights,
  type TokenizedRow,
} from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';
import { rowBatches } from '../row-batches.ts';
import type { SelectionContext } from '../selector.ts';
import { ownMeanWeights, rowGradients } from './row-gradients.ts';
import { asRows, sumOfUnits } from './row-vectors.ts';

/** A vector in the space of the LoRA factors, by factor name. */
export type Direction = Map<string, Float32Array>;

export interface DirectionOptions {
  readonly model: LanguageModel;
  readonly adapter: LoraAdapter;
  /** Rows with targets. */
  readonly rows: readonly TokenizedRow[];
  readonly phase: string;
  /** Names of the factors that the vector is over: all of the adapter's by default. */
  readonly factors?: readonly string[];
  /**
   * What is given length 1: the `mean`, in which a row counts by the size of its gradient, or the gradients of the `rows`, which then count
   * alike. The mean of the latter is shorter the less they agree, and <g, mean> / |g| is the mean of g's cosines with them.
   */
  readonly unit?: 'mean' | 'rows';
}

/**
 * Along the mean, over rows, of the gradient of each row's mean answer NLL: by default the unit vector. One forward and one backward pass.
 * @throws {NumericError} if the mean vanishes or is not finite.
 */
export async function meanGradientDirection(
  context: SelectionContext,
  { model, adapter, rows, phase, factors = Object.keys(adapterTensors(adapter)), unit = 'mean' }: DirectionOptions,
): Promise<Direction> {
  const areUnits = unit === 'rows';
  const sums = new Map<string, Float64Array>();
  for (const { batch, indices, done } of rowBatches(rows, context)) {
    const gradients = areUnits ? await sumOfUnitGradients(model, adapter, factors, batch) : await meanGradient(model, adapter, batch);
    const weight = areUnits ? 1 : indices.length; // a sum, or a mean
    for (const name of factors) {
      const gradient = gradients.get(name)!;
      const sum = sums.get(name) ?? new Float64Array(gradient.length);
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * gradient[i]!;
      sums.set(name, sum);
    }
    context.count('forward', 1, indices.length);
    context.count('backward', 1, indices.length);
    context.reporter.progress({ phase, done, total: rows.length, unit: 'rows' });
  }
  let square = 0;
  for (const sum of sums.values()) for (const value of sum) square += value * value;
  const norm = Math.sqrt(square);
  if (!(norm > 0 && Number.isFinite(norm)))
    throw new NumericError(`the gradient has norm ${norm}`, {
      where: phase,
      hint: 'check these rows: they need answers the model can learn from',
    });
  const divisor = areUnits ? rows.length : norm;
  return new Map([...sums].map(([name, sum]) => [name, Float32Array.from(sum, (value) => value / divisor)]));
}

async function meanGradient(model: LanguageModel, adapter: LoraAdapter, batch: Batch): Promise<Direction> {
  return (await model.gradient(batch, adapter, rowMeanWeights(batch))).gradients;
}

async function sumOfUnitGradients(
  model: LanguageModel,
  adapter: LoraAdapter,
  factors: readonly string[],
  batch: Batch,
): Promise<Direction> {
  const tensors = adapterTensors(adapter);
  const program = model.function(`unit gradients ${adapter.scale} ${factors.join()}`, () =>
    model.engine.compile('unit gradients', unitGradientProgram(model.config, adapter.scale, factors)),
  );
  return gradientsOf(await program.run({ ...model.inputs, ...tensors, ...batchInputs(batch, ownMeanWeights(batch)) }));
}

function unitGradientProgram(config: ModelConfig, loraScale: number, factors: readonly string[]): Program {
  return (inputs) => {
    const { gradients } = rowGradients(config, loraScale, factors, inputs);
    const sums = sumOfUnits(factors.map((name) => asRows(gradients[name]!)));
    return gradientOutputs(Object.fromEntries(factors.map((name, i) => [name, sums[i]!])));
  };
}

/** Where rows carry no targets they teach nothing; @returns those that do. */
export function rowsWithTargets(rows: readonly TokenizedRow[]): TokenizedRow[] {
  return rows.filter(({ hasTargets }) => hasTargets);
}
