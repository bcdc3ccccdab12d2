import { InterruptedError, Random, type State } from '@pharmacist/core';
import { createEngine, type Engine, floats, recomputed } from '@pharmacist/tensor-kernels';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../src/adapter.ts';
import { collate } from '../src/collate.ts';
import { DROPOUT_INPUT, dropoutInput, dropoutMask } from '../src/decoder/lora-dropout.ts';
import type { LanguageModel } from '../src/language-model.ts';
import { adapterParameters, adapterTensors, cloneAdapter, createAdapter } from '../src/lora.ts';
import { batchInputs, gradientProgram, gradientsOf, tokenMeanWeights } from '../src/loss.ts';
import { fineTune, type FineTuneOptions } from '../src/train/fine-tune.ts';
import { loadModel } from './support/fixture-model.ts';
import { randomRows } from './support/random-rows.ts';

const rows = randomRows('dropout', 10);
const MODULE = 'model.layers.0.self_attn.q_proj';

let engine: Engine;
let model: LanguageModel;
let start: LoraAdapter;
beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  model = await loadModel('llama', engine);
  start = createAdapter(model.config, { rank: 2, alpha: 4, dropout: 0.2 }, 0);
  for (const { b } of start.factors.values()) floats(b).forEach((_, i, values) => (values[i] = ((i % 5) - 2) / 50));
});
afterAll(async () => await engine.dispose());

describe('the mask', () => {
  const [numRows, numColumns] = [512, 256];
  const maskOf = async (rate: number, seed: string, module = MODULE) => {
    const program = engine.compile('mask', ({ keys }) => ({ mask: dropoutMask([numRows, numColumns], module, keys!) }));
    return floats((await program.run({ keys: dropoutInput(rate, new Random(seed)) }))['mask']!);
  };
  const agreement = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + ((value > 0) === (b[i]! > 0) ? 1 : 0), 0) / a.length; // prettier-ignore
  const sharesOf = (mask: Float32Array, along: (i: number) => number, size: number) => {
    const dropped = new Float64Array(size);
    mask.forEach((value, i) => (dropped[along(i)]! += value === 0 ? size / mask.length : 0));
    return [...dropped];
  };

  it.each([0.05, 0.1, 0.5])('leaves out a share of %d, in every row and column, and keeps the mean', async (rate) => {
    for (const seed of ['a', 'b', 'c']) {
      const mask = await maskOf(rate, seed);
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
      const share = mask.filter((value) => value === 0).length / mask.length;
      // Four standard deviations of a share of 131,072 independent entries are .0055 at most.
      expect(Math.abs(share - rate)).toBeLessThan(0.0055);
      for (const [shares, n] of [
        [sharesOf(mask, (i) => Math.floor(i / numColumns), numRows), numColumns],
        [sharesOf(mask, (i) => i % numColumns, numColumns), numRows],
      ] as const) {
        const spread = Math.sqrt(shares.reduce((sum, value) => sum + (value - rate) ** 2, 0) / shares.length);
        const binomial = Math.sqrt((rate * (1 - rate)) / n);
        expect(spread / binomial).toBeGreaterThan(0.7);
        expect(spread / binomial).toBeLessThan(1.6);
      }
    }
  });

  it('is another for every module and pass, independent of the first, and always the same for one', async () => {
    const mask = await maskOf(0.5, 'a');
    expect(await maskOf(0.5, 'a')).toEqual(mask);
    for (const other of [await maskOf(0.5, 'b'), await maskOf(0.5, 'a', 'model.layers.1.mlp.up_proj')]) {
      expect(Math.abs(agreement(mask, other) - 0.5)).toBeLessThan(0.01);
    }
    const shifted = (rowsBy: number) => mask.map((_, i) => mask[(i + rowsBy) % mask.length]!);
    for (const by of [1, numColumns, 7 * numColumns + 3]) expect(Math.abs(agreement(mask, shifted(by)) - 0.5)).toBeLessThan(0.01);
  });
});

describe('training with dropout', () => {
  it('has the gradient of its loss', async () => {
    const batch = collate(rows.slice(0, 4), { padId: 0, lengthBuckets: [24], batchSize: 4 });
    const names = Object.keys(adapterTensors(start));
    const differentiated = gradientProgram(model.config, start.scale, names);
    const program = engine.compile('gradient', differentiated);
    const inputs = { ...model.inputs, ...batchInputs(batch, tokenMeanWeights(batch)), [DROPOUT_INPUT]: dropoutInput(0.2, new Random('x')) };
    const run = async (adapter: LoraAdapter) => await program.run({ ...inputs, ...adapterTensors(adapter) });
    const lossOf = async (adapter: LoraAdapter) => floats((await run(adapter))['loss']!)[0]!;
    const outputs = await run(start);
    const gradients = gradientsOf(outputs);
    // Where values are made again the masks are, too; XLA rounds them in another way.
    const again = await engine.compile('gradient, again', recomputed(differentiated)).run({ ...inputs, ...adapterTensors(start) });
    if (engine.name === 'onnx') expect(again).toEqual(outputs);
    const without = await program.run({ ...model.inputs, ...batchInputs(batch, tokenMeanWeights(batch)), ...adapterTensors(start) });
    expect(floats(without['loss']!)[0]).not.toBe(floats(outputs['loss']!)[0]);
    // The derivative along the gradient itself is its squared norm.
    const step = 0.02;
    const moved = (sign: number) => {
      const adapter = cloneAdapter(start);
      for (const [name, values] of adapterParameters(adapter))
        gradients.get(name)!.forEach((slope, i) => (values[i]! += sign * step * slope));
      return adapter;
    };
    const slope = ((await lossOf(moved(1))) - (await lossOf(moved(-1)))) / (2 * step);
    const squaredNorm = [...gradients.values()].reduce((sum, gradient) => sum + gradient.reduce((own, value) => own + value * value, 0), 0);
    expect(Math.abs(slope / squaredNorm - 1)).toBeLessThan(0.01); // f32 losses, and the third derivative
  });

  it('is another training than without, repeats itself, and goes on with the same bits', async () => {
    const options = (adapter: LoraAdapter, rest: Partial<FineTuneOptions> = {}): FineTuneOptions => ({
      model,
      adapter,
      rows,
      batchSize: 4,
      length: { epochs: 2 },
      maxLength: 24,
      seed: 1,
      learningRate: 1e-2,
      ...rest,
    });
    const trained = async (adapter: LoraAdapter, rest?: Partial<FineTuneOptions>) => {
      await fineTune(options(adapter, rest));
      expect(adapter.masks).toBeUndefined();
      return adapterParameters(adapter);
    };
    const whole = await trained(cloneAdapter(start));
    expect(await trained(cloneAdapter(start))).toEqual(whole);
    expect(await trained({ ...cloneAdapter(start), dropout: 0 })).not.toEqual(whole);
    expect(await trained({ ...cloneAdapter(start), dropout: 0.3 })).not.toEqual(whole);
    let kept: State | undefined;
    const checkpoint = { everySteps: 2, load: async () => await Promise.resolve(kept), save: async (state: State) => void (kept = await Promise.resolve(structuredClone(state))) }; // prettier-ignore
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 3 && controller.abort());
    await expect(fineTune(options(cloneAdapter(start), { checkpoint, signal: controller.signal, onStep }))).rejects.toThrow(
      InterruptedError,
    );
    expect(await trained(cloneAdapter(start), { checkpoint })).toEqual(whole);
  });

  it('does not touch what is measured with the adapter', async () => {
    const batch = collate(rows.slice(0, 4), { padId: 0, lengthBuckets: [24], batchSize: 4 });
    expect(await model.rowLosses(batch, start)).toEqual(await model.rowLosses(batch, { ...start, dropout: 0 }));
  });
});
