import { createHash } from 'node:crypto';
import { hashOfValue, NumericError } from '@pharmacist/core';
import type { Engine } from '@pharmacist/tensor-kernels';
import type { LoraAdapter } from '../adapter.ts';
import { type Batch, collate, lengthBucketsFor, planBatches } from '../collate.ts';
import type { LanguageModel } from '../language-model.ts';
import { adapterParameters, adapterTensors, hashOfParameters } from '../lora.ts';
import { tokenMeanWeights } from '../loss.ts';
import type { TokenizedRow } from '../tokenize-row.ts';
import { type MethodState, type StepGradient, type StepRecord, train, type TrainCheckpoint, type TrainOptions } from './loop.ts';
import { DropoutMasks } from './dropout-masks.ts';
import { ResidentParameters } from './resident-parameters.ts';
import { ResidentUpdater, type Updater, type UpdaterOptions } from './updater.ts';

export interface FineTuneOptions extends Pick<
  TrainOptions,
  'learningRate' | 'schedule' | 'warmupRatio' | 'optimizer' | 'maxGradientNorm' | 'onStep' | 'phase' | 'reporter' | 'signal'
> {
  readonly model: LanguageModel;
  /** Trained in place. */
  readonly adapter: LoraAdapter;
  /** Rows with targets. */
  readonly rows: readonly TokenizedRow[];
  readonly batchSize: number;
  /** Length of training: whole passes, or optimiser steps (rows are reshuffled at each pass). */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly maxLength: number;
  readonly seed: number | string;
  /** Names of the rows for messages, in their order; their indices if left out. */
  readonly ids?: readonly string[];
  /** How the gradient of a batch is formed; supervised fine-tuning if left out. */
  readonly method?: StepMethod;
  /** Where state is kept and how often. */
  readonly checkpoint?: Omit<TrainCheckpoint, 'fingerprint'>;
}

/** The rows of one step. */
export interface StepBatch {
  /** 0-based. */
  readonly step: number;
  readonly batch: Batch;
  /** Of its rows, among those that are trained on. */
  readonly indices: readonly number[];
}

/** What an alignment-stage method replaces: the gradient of one step. Loop, clipping, schedule, optimiser and checkpoints stay the loop's. */
export interface StepMethod {
  /** Everything that decides its gradients beside batch and parameters, a JSON value: state of another fingerprint is not continued. */
  readonly fingerprint: unknown;
  gradient(step: StepBatch): Promise<StepGradient>;
  readonly state?: MethodState;
}

/** Supervised fine-tuning: the gradient of the token-mean loss. */
export function supervised(model: LanguageModel, adapter: LoraAdapter): StepMethod {
  return {
    fingerprint: 'supervised',
    gradient: async ({ batch }) => await model.gradient(batch, adapter, tokenMeanWeights(batch)),
  };
}

/** Optimiser steps of one pass; the last partial batch counts. */
export function stepsPerEpoch(numRows: number, batchSize: number): number {
  return Math.ceil(numRows / batchSize);
}

/**
 * Trains an adapter on rows: reshuffled each epoch, last partial batch kept. The gradient is that of the token-mean loss over answers, or the
 * one that a method forms.
 * @throws {NumericError} if no row has a target.
 */
export async function fineTune(options: FineTuneOptions): Promise<StepRecord[]> {
  const {
    model,
    adapter,
    rows,
    ids,
    batchSize,
    length,
    seed,
    checkpoint,
    maxLength,
    method = supervised(model, adapter),
    ...loop
  } = options;
  if (rows.length === 0 || rows.some(({ hasTargets }) => !hasTargets)) {
    throw new NumericError('training needs rows with at least one answer token each', {
      hint: 'raise the maximum length or leave out rows whose prompt fills it',
    });
  }
  const perEpoch = stepsPerEpoch(rows.length, batchSize);
  const numSteps = 'steps' in length ? length.steps : length.epochs * perEpoch;
  const batchOf = batchSequence(rows, { batchSize, seed, maxLength, padId: model.tokenizer.padId });
  const { learningRate, schedule = 'constant', warmupRatio = 0, optimizer, maxGradientNorm } = loop;
  const parameters = adapterParameters(adapter);
  if (adapter.dropout > 0) adapter.masks = new DropoutMasks(adapter.dropout, seed);
  const training = train({
    ...loop,
    ...(model.engine.keepsParameters === true && { updater: async (forLoop) => await residentUpdater(model.engine, adapter, forLoop) }),
    parameters,
    numSteps,
    gradient: async (step) => {
      const { batch, indices } = batchOf(step);
      adapter.masks?.begin(step);
      const gradient = await method.gradient({ step, batch, indices });
      return { ...gradient, rows: ids === undefined ? indices : indices.map((index) => ids[index]!) };
    },
    methodState: method.state,
    ...(checkpoint && {
      checkpoint: {
        ...checkpoint,
        fingerprint: hashOfValue({
          numSteps,
          batchSize,
          seed,
          learningRate,
          schedule,
          warmupRatio,
          optimizer,
          maxGradientNorm,
          maxLength,
          method: method.fingerprint,
          scale: adapter.scale,
          ...(adapter.dropout > 0 && { dropout: adapter.dropout }),
          model: model.contentHash,
          rows: hashOfRows(rows),
          start: hashOfParameters(parameters),
        }),
      },
    }),
  });
  try {
    return await training;
  } finally {
    adapter.masks = undefined;
  }
}

/** Factors, moments and the update with the engine, for as long as the training goes on. */
async function residentUpdater(engine: Engine, adapter: LoraAdapter, options: UpdaterOptions): Promise<Updater> {
  const resident = await ResidentParameters.create(engine, adapterTensors(adapter));
  const updater = await ResidentUpdater.create(engine, resident, options);
  adapter.resident = resident;
  return {
    update: async (step, rate) => await updater.update(step, rate),
    pull: async () => await updater.pull(),
    push: async (state) => await updater.push(state),
    dispose: async () => {
      adapter.resident = undefined;
      await updater.dispose();
      await resident.dispose();
    },
  };
}

/** The batch of each step of a shuffled, endless sequence of epochs; depends on the arguments and the step only. */
export function batchSequence(
  rows: readonly TokenizedRow[],
  { batchSize, seed, maxLength, padId }: { batchSize: number; seed: number | string; maxLength: number; padId: number },
): (step: number) => { batch: Batch; indices: readonly number[] } {
  const perEpoch = stepsPerEpoch(rows.length, batchSize);
  const lengths = rows.map(({ inputIds }) => inputIds.length);
  const lengthBuckets = lengthBucketsFor(maxLength);
  let plan = { epoch: -1, batches: [] as number[][] };
  return (step) => {
    const epoch = Math.floor(step / perEpoch);
    if (plan.epoch !== epoch) plan = { epoch, batches: planBatches(lengths, { batchSize, seed, epoch }) };
    const indices = plan.batches[step % perEpoch]!;
    return {
      indices,
      batch: collate(
        indices.map((index) => rows[index]!),
        { batchSize, padId, lengthBuckets },
      ),
    };
  };
}

/** SHA-256 over token ids and lengths of prompts, in the rows' order: a line each. */
export function hashOfRows(rows: readonly TokenizedRow[]): string {
  const hash = createHash('sha256');
  // One after the other: the lines of half a million rows are longer than a string may be.
  for (const [i, { inputIds, numPromptTokens }] of rows.entries())
    hash.update(`${i === 0 ? '' : '\n'}${numPromptTokens}:${inputIds.join()}`);
  return hash.digest('hex');
}
