import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError, NumericError, silentReporter } from '@pharmacist/core';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../src/adapter.ts';
import { collate } from '../src/collate.ts';
import type { LanguageModel } from '../src/language-model.ts';
import { adapterParameters, cloneAdapter, createAdapter } from '../src/lora.ts';
import { fileCheckpoint } from '../src/train/file-checkpoint.ts';
import { batchSequence, fineTune, type FineTuneOptions, stepsPerEpoch } from '../src/train/fine-tune.ts';
import { loadModel } from './support/fixture-model.ts';
import { randomRows } from './support/random-rows.ts';

const rows = randomRows('fine-tune', 10);

let engine: Engine;
let model: LanguageModel;
let folder: string;
let start: LoraAdapter;

beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  model = await loadModel('qwen2', engine);
  start = createAdapter(model.config, { rank: 2, alpha: 4 }, 0);
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-fine-tune-'));
});

afterAll(async () => {
  await engine.dispose();
  await rm(folder, { recursive: true });
});

function options(adapter: LoraAdapter, rest: Partial<FineTuneOptions> = {}): FineTuneOptions {
  return {
    model,
    adapter,
    rows,
    batchSize: 4,
    length: { epochs: 2 },
    maxLength: 24,
    seed: 1,
    learningRate: 1e-2,
    schedule: 'cosine',
    warmupRatio: 0.1,
    ...rest,
  };
}

function checkpoint(name: string): NonNullable<FineTuneOptions['checkpoint']> {
  const { load, save, everySteps } = fileCheckpoint(join(folder, name), { everySteps: 2, fingerprint: '', reporter: silentReporter });
  return { load, save, everySteps };
}

describe('fineTune', () => {
  it('starts at the loss of the model itself and lowers it; both factors move', async () => {
    const adapter = cloneAdapter(start);
    const records = await fineTune(options(adapter, { length: { steps: 12 } }));
    const all = collate(rows, { padId: 0, lengthBuckets: [24], batchSize: rows.length });
    const mean = async (used?: LoraAdapter) => (await model.rowLosses(all, used)).reduce((sum, loss) => sum + loss, 0) / all.numTargets;
    const { batch } = batchSequence(rows, { batchSize: 4, seed: 1, maxLength: 24, padId: model.tokenizer.padId })(0);
    const untrained = (await model.rowLosses(batch)).reduce((sum, loss) => sum + loss, 0) / batch.numTargets;
    expect(records[0]!.loss).toBeCloseTo(untrained, 5);
    expect(await mean(adapter)).toBeLessThan(0.9 * (await mean()));
    for (const [name, trained] of adapterParameters(adapter)) expect(trained, name).not.toEqual(adapterParameters(start).get(name));
  });

  it('stopped after any step and continued, reaches the bits of an unbroken run', async () => {
    const unbroken = cloneAdapter(start);
    const records = await fineTune(options(unbroken));
    expect(records).toHaveLength(6);
    const controller = new AbortController();
    const state = checkpoint('resume');
    const onStep = ({ step }: { step: number }) => void (step === 2 && controller.abort());
    await expect(fineTune(options(cloneAdapter(start), { checkpoint: state, signal: controller.signal, onStep }))).rejects.toThrow(
      InterruptedError,
    );
    const steps: number[] = [];
    const resumed = cloneAdapter(start);
    expect(await fineTune(options(resumed, { checkpoint: state, onStep: ({ step }) => void steps.push(step) }))).toEqual(records);
    expect(steps).toEqual([3, 4, 5]);
    expect(adapterParameters(resumed)).toEqual(adapterParameters(unbroken));
  });

  it.each<[string, () => Partial<FineTuneOptions>]>([
    ['another starting adapter', () => ({ adapter: createAdapter(model.config, { rank: 2, alpha: 4 }, 9) })],
    ['other rows', () => ({ rows: rows.slice(1) })],
    ['another seed', () => ({ seed: 2 })],
    ['another optimiser', () => ({ optimizer: { weightDecay: 0 } })],
    ['another bound on the gradient', () => ({ maxGradientNorm: 0.5 })],
    ['another learning rate', () => ({ learningRate: 2e-2 })],
  ])('does not continue the state of a run with %s', async (name, change) => {
    const state = checkpoint(name);
    await fineTune(options(cloneAdapter(start), { checkpoint: state, length: { steps: 2 } }));
    const steps: number[] = [];
    await fineTune(
      options(cloneAdapter(start), { checkpoint: state, length: { steps: 2 }, onStep: ({ step }) => void steps.push(step), ...change() }),
    );
    expect(steps).toEqual([0, 1]);
  });

  it('names the rows of the step whose loss is not a number', async () => {
    const adapter = cloneAdapter(start);
    adapterParameters(adapter).get('model.layers.0.mlp.down_proj.lora_A.weight')![0] = NaN;
    const { indices } = batchSequence(rows, { batchSize: 4, seed: 1, maxLength: 24, padId: 0 })(0);
    const error = await fineTune(options(adapter, { phase: 'Attack' })).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NumericError);
    expect((error as NumericError).describe()).toContain(`Attack, step 0: the loss is NaN (rows ${indices.join(', ')})`);
  });

  it.each([
    ['no rows', []],
    ['a row that is all prompt', [{ ...rows[0]!, numPromptTokens: rows[0]!.inputIds.length, hasTargets: false }]],
  ])('refuses %s', async (_, bad) => {
    await expect(fineTune(options(cloneAdapter(start), { rows: bad }))).rejects.toThrow('at least one answer token');
  });
});

describe('batchSequence', () => {
  it('takes every row once an epoch, in another order each, and depends on the step alone', () => {
    const sequence = () => batchSequence(rows, { batchSize: 4, seed: 1, maxLength: 24, padId: 0 });
    const forward = sequence();
    const indices = Array.from({ length: 6 }, (_, step) => forward(step).indices);
    expect(indices.map(({ length }) => length)).toEqual([4, 4, 2, 4, 4, 2]);
    const epochs = [indices.slice(0, 3).flat(), indices.slice(3).flat()];
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...rows.keys()]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    const backward = sequence();
    for (const step of [5, 0, 3, 1]) expect(backward(step).indices).toEqual(indices[step]);
    expect(stepsPerEpoch(10, 4)).toBe(3);
  });
});
