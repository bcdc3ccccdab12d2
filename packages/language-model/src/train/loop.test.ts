import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InterruptedError, NumericError, Random, silentReporter } from '@pharmacist/core';
import { readOptimiserGolden, scheduleNames } from '@pharmacist/test-fixtures';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileCheckpoint } from './file-checkpoint.ts';
import { type StepGradient, train, type TrainOptions } from './loop.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-loop-'));
  path = join(folder, 'state.bin');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function checkpointOf({ everySteps = 1, fingerprint = 'f', reporter = silentReporter } = {}) {
  return fileCheckpoint(path, { everySteps, fingerprint, reporter });
}

const initial = () => new Map([['w', Float32Array.of(1, -2, 3)]]);

/** A gradient that depends on the step and on the parameters. */
function gradientOf(parameters: ReadonlyMap<string, Float32Array>, step: number): StepGradient {
  const random = new Random('loop').split(step);
  const w = parameters.get('w')!;
  return { loss: w.reduce((sum, value) => sum + value * value, 0), gradients: new Map([['w', w.map((value) => value + random.normal())]]) };
}

function options(parameters: Map<string, Float32Array>, rest: Partial<TrainOptions> = {}): TrainOptions {
  return {
    parameters,
    numSteps: 9,
    learningRate: 0.1,
    schedule: 'linear',
    warmupRatio: 0.2,
    gradient: async (step) => gradientOf(parameters, step),
    ...rest,
  };
}

describe('train', () => {
  it.each(scheduleNames)('clips, steps and schedules as PyTorch does over twelve steps, %s', async (name) => {
    const golden = readOptimiserGolden(name);
    const { learningRate, maxGradientNorm, ...optimizer } = golden.optimiser;
    const parameters = new Map(Object.entries(golden.initial).map(([key, values]) => [key, Float32Array.from(values)]));
    const records = await train({
      parameters,
      numSteps: golden.schedule.totalSteps,
      learningRate,
      schedule: name,
      warmupRatio: golden.schedule.warmupRatio,
      optimizer,
      maxGradientNorm,
      gradient: async (step) => ({
        loss: step,
        gradients: new Map(Object.entries(golden.steps[step]!.gradients).map(([key, values]) => [key, Float32Array.from(values)])),
      }),
      onStep: ({ step }) => {
        for (const [key, values] of parameters)
          expect(values, `${key} after step ${step}`).toBeAllclose(golden.steps[step]!.parameters[key]!, F32_FORWARD);
      },
    });
    expect(records).toHaveLength(12);
    expect(records.map((record) => record.learningRate)).toBeAllclose(
      golden.steps.map((step) => step.learningRate),
      { rtol: 1e-12, atol: 0 },
    );
    expect(records.map((record) => record.gradientNorm)).toBeAllclose(
      golden.steps.map((step) => step.gradientNorm),
      F32_FORWARD,
    );
    expect(records.map((record) => record.step)).toEqual([...records.keys()]);
  });

  it.each([1, 4, 8])('stopped before step %i and started again, reaches the same bits as in one go', async (stopAt) => {
    const unbroken = initial();
    const records = await train(options(unbroken));

    const controller = new AbortController();
    const checkpoint = checkpointOf({ everySteps: 100 });
    const first = initial();
    const onStep = ({ step }: { step: number }) => step === stopAt - 1 && controller.abort();
    await expect(train(options(first, { checkpoint, signal: controller.signal, onStep: (record) => void onStep(record) }))).rejects.toThrow(
      InterruptedError,
    );
    expect(first).not.toEqual(unbroken);

    const second = initial();
    const steps: number[] = [];
    const resumed = options(second, { checkpoint });
    const gradient = async (step: number) => (steps.push(step), await resumed.gradient(step));
    expect(await train({ ...resumed, gradient })).toEqual(records);
    expect(second).toEqual(unbroken);
    expect(steps[0]).toBe(stopAt);
  });

  it('continues from the last checkpoint after a kill, and does nothing where all steps are done', async () => {
    const unbroken = initial();
    const records = await train(options(unbroken));
    const checkpoint = checkpointOf({ everySteps: 3 });
    const killed = options(initial(), { checkpoint });
    const crash = async (step: number) => {
      if (step === 7) throw new Error('killed');
      return await killed.gradient(step);
    };
    await expect(train({ ...killed, gradient: crash })).rejects.toThrow('killed');
    const parameters = initial();
    const steps: number[] = [];
    const again = options(parameters, { checkpoint, onStep: ({ step }) => void steps.push(step) });
    expect(await train(again)).toEqual(records);
    expect(steps).toEqual([6, 7, 8]);
    expect(await train(again)).toEqual(records);
    expect(steps).toEqual([6, 7, 8]);
    expect(parameters).toEqual(unbroken);
  });

  it('leaves a checkpoint that belongs to other work', async () => {
    const unbroken = initial();
    await train(options(unbroken));
    await train(options(initial(), { checkpoint: checkpointOf({ fingerprint: 'other' }), numSteps: 5 }));
    const parameters = initial();
    const records = await train(options(parameters, { checkpoint: checkpointOf({ fingerprint: 'mine' }) }));
    expect(records[0]!.loss).toBe(14);
    expect(parameters).toEqual(unbroken);
  });

  it('warns of a damaged checkpoint and starts again', async () => {
    const checkpoint = checkpointOf();
    const unbroken = initial();
    await train(options(unbroken, { checkpoint }));
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    const warnings: string[] = [];
    const parameters = initial();
    const reporter = { ...silentReporter, warn: (message: string) => void warnings.push(message) };
    expect(await train(options(parameters, { checkpoint: checkpointOf({ reporter }) }))).toHaveLength(9);
    expect(warnings).toEqual([`the checkpoint ${path} is damaged; training starts again`]);
    expect(parameters).toEqual(unbroken);
  });

  it.each([
    ['loss', { loss: NaN, gradients: new Map([['w', Float32Array.of(0, 0, 0)]]) }, 'the loss is NaN (rows 12, 7)'],
    ['gradient', { loss: 1, gradients: new Map([['w', Float32Array.of(0, Infinity, 0)]]) }, 'the gradient norm is Infinity (rows 12, 7)'],
  ])('stops at a %s that is not finite, naming step and rows, and keeps the checkpoint before it', async (_, bad, message) => {
    const parameters = initial();
    const checkpoint = checkpointOf();
    const diverging = options(parameters, { checkpoint, phase: 'Alignment' });
    const gradient = async (step: number) => (step === 2 ? { ...bad, rows: [12, 7] } : await diverging.gradient(step));
    const error = await train({ ...diverging, gradient }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NumericError);
    expect((error as NumericError).describe()).toBe(
      `E_NUMERIC Alignment, step 2: ${message}. Fix: lower the learning rate, or look at the rows of this step`,
    );
    const saved = structuredClone(parameters);
    const restored = initial();
    await train(options(restored, { checkpoint, numSteps: 2 }));
    expect(restored).toEqual(saved);
  });

  it('reports every step', async () => {
    const events: unknown[] = [];
    await train(options(initial(), { numSteps: 2, reporter: { ...silentReporter, progress: (event) => void events.push(event) } }));
    expect(events).toMatchObject([
      { phase: 'Training', done: 1, total: 2, unit: 'steps', facts: { loss: '14.000' } },
      { phase: 'Training', done: 2, total: 2, unit: 'steps' },
    ]);
  });
});
