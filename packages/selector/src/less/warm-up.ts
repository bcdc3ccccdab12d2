import { InternalError } from '@pharmacist/core';
import {
  adapterParameters,
  cloneAdapter,
  createAdapter,
  type LoraAdapter,
  stepsPerEpoch,
  type TokenizedRow,
} from '@pharmacist/language-model';
import type { AdamWState, ParameterMap } from '@pharmacist/tensor-kernels';
import { trainShortRun } from '../gradients/short-run.ts';
import type { SelectionContext } from '../selector.ts';
import type { LessConfig } from './config.ts';

/** The model and its optimiser at the end of an epoch of the warm-up. */
export interface Epoch {
  readonly adapter: LoraAdapter;
  readonly firstMoments: ParameterMap;
  readonly secondMoments: ParameterMap;
}

export interface WarmUp {
  /** Share of each epoch's mean learning rate in their sum. */
  readonly weights: readonly number[];
  /** Reads an epoch back, 0 the first. */
  epoch(number: number): Promise<Epoch>;
}

/** Batches of an epoch at least, where the pool has them: Adam's moments mean nothing after a step or two. */
const MIN_BATCHES = 4;

/**
 * Trains a LoRA on a random share of the rows, with the learning rate rising over the first .03 of the steps and falling to 0, and keeps
 * adapter and moments of each epoch in the state.
 */
export async function warmUp(context: SelectionContext, config: LessConfig, rows: readonly TokenizedRow[]): Promise<WarmUp> {
  const { model, random, state } = context;
  const { warmupShare, epochs, trainBatchSize, loraRank: rank, loraAlpha: alpha, learningRate } = config;
  const size = Math.min(rows.length, Math.max(Math.round(warmupShare * rows.length), MIN_BATCHES * trainBatchSize));
  const sample = random.split('warm-up rows').sample(rows.length, size);
  const adapter = createAdapter(model.config, { rank, alpha, baseModelName: model.name }, random.split('adapter').integer(2 ** 31));
  const perEpoch = stepsPerEpoch(size, trainBatchSize);
  const records = await trainShortRun(context, {
    adapter,
    rows: sample.map((index) => rows[index]!),
    numSteps: epochs * perEpoch,
    batchSize: trainBatchSize,
    learningRate,
    schedule: 'linear',
    warmupRatio: 0.03,
    optimizer: { weightDecay: 0 },
    name: 'less-warm-up',
    phase: 'Warm-up on a share of the pool',
    random: random.split('warm-up'),
    afterStep: async (numSteps, optimizer) => {
      if (numSteps % perEpoch === 0) await state.save(nameOf(numSteps / perEpoch - 1), snapshot(adapter, optimizer));
    },
  });
  const rates = Array.from(
    { length: epochs },
    (_, c) => records.slice(c * perEpoch, (c + 1) * perEpoch).reduce((sum, record) => sum + record.learningRate, 0) / perEpoch,
  );
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  // A run of one step makes it at rate 0.
  const weights = rates.map((rate) => (total > 0 ? rate / total : 1 / epochs));
  context.note('less', { warmupRows: size, stepsPerEpoch: perEpoch, checkpointWeights: weights });
  return {
    weights,
    epoch: async (number) => {
      const saved = await state.load(nameOf(number));
      if (saved === undefined) throw new InternalError(`epoch ${number} of the warm-up is missing`, { where: 'selector/less' });
      const values = (kind: Kind) =>
        new Map([...adapterParameters(adapter).keys()].map((name) => [name, saved.arrays[`${kind} ${name}`] as Float32Array]));
      const copy = cloneAdapter(adapter);
      const parameters = values('parameter');
      for (const [name, array] of adapterParameters(copy)) array.set(parameters.get(name)!);
      return { adapter: copy, firstMoments: values('first'), secondMoments: values('second') };
    },
  };
}

type Kind = 'parameter' | 'first' | 'second';

function nameOf(epoch: number): string {
  return `less-epoch-${epoch}`;
}

function snapshot(adapter: LoraAdapter, { firstMoments, secondMoments }: AdamWState) {
  const arrays = (kind: Kind, values: ParameterMap) => [...values].map(([name, array]) => [`${kind} ${name}`, array] as const);
  return {
    meta: {},
    arrays: Object.fromEntries([
      ...arrays('parameter', adapterParameters(adapter)),
      ...arrays('first', firstMoments),
      ...arrays('second', secondMoments),
    ]),
  };
}
