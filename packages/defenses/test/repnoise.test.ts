import { ConfigError, Random } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  cloneAdapter,
  createAdapter,
  fineTune,
  gradientsOf,
  type LanguageModel,
  type LoraAdapter,
} from '@pharmacist/language-model';
import { loadAdapter, loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { createEngine, type Engine, floats, type HostTensor } from '@pharmacist/tensor-kernels';
import { ENGINE_PARITY, F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MaskedPairs, maskedPairs } from '../src/repnoise/masked-pairs.ts';
import { maskedNoise } from '../src/repnoise/noise.ts';
import { repNoiseInputs, repNoiseProgram, type RepNoiseWeights } from '../src/repnoise/repnoise-program.ts';
import { repnoise } from '../src/repnoise/repnoise.ts';
import { recordedContext, stepOf } from './support/defense-context.ts';
import { Golden } from './support/goldens.ts';
import { defenseRows } from './support/defense-rows.ts';

/** The padding of the goldens: not 0, so that padding which faces a token is a target. */
const PAD = 2;

interface Outputs {
  readonly values: Readonly<Record<string, HostTensor>>;
  readonly gradients: Map<string, Float32Array>;
}

async function run(
  model: LanguageModel,
  adapter: LoraAdapter,
  pairs: MaskedPairs,
  noise: readonly Float32Array[],
  weights: RepNoiseWeights,
): Promise<Outputs> {
  const trained = adapterTensors(adapter);
  const program = model.engine.compile('repnoise', repNoiseProgram(model.config, adapter.scale, Object.keys(trained), weights));
  const values = await program.run({ ...model.inputs, ...trained, ...repNoiseInputs(pairs, noise, model.config, weights) });
  return { values, gradients: gradientsOf(values) };
}

/** The noise of a golden, f32 [L, B, T, D], at a padded length and 0 where the mask is. */
function goldenNoise(golden: Golden, { sequenceLength, harmful }: MaskedPairs): Float32Array[] {
  const { shape, data } = golden.tensor('noise');
  const [numLayers, numRows, length, width] = shape as [number, number, number, number];
  return Array.from({ length: numLayers }, (_, layer) => {
    const noise = new Float32Array(harmful.mask.length * width);
    for (let b = 0; b < numRows; b++) {
      for (let t = 0; t < length; t++) {
        if (harmful.mask[b * sequenceLength + t] === 0) continue;
        const start = ((layer * numRows + b) * length + t) * width;
        noise.set(floats(golden.tensor('noise')).subarray(start, start + width), (b * sequenceLength + t) * width);
      }
    }
    return data.length === 0 ? new Float32Array() : noise;
  });
}

describe.each(['onnx', 'tfjs-cpu'] as const)('repnoise, %s', (engineName) => {
  let engine: Engine;
  let model: LanguageModel;
  let adapter: LoraAdapter;

  beforeAll(async () => {
    ({ engine } = await createEngine({ name: engineName, numThreads: 1 }));
    model = await loadModel('llama', engine);
    adapter = await loadAdapter('llama');
  });

  afterAll(async () => {
    await engine.dispose();
  });

  describe.each([
    ['repnoise', true],
    ['repnoise-sampled', false],
  ] as const)('%s', (name, hasCommonLength) => {
    it('has every term and the gradients that PyTorch computes in float64 from all logits', async () => {
      const golden = await Golden.read(name);
      const options = { batchSize: 4, padId: PAD, maxLength: 32, hasCommonLength, ignoreZeroId: true };
      const pairs = maskedPairs(golden.rows('harmful'), golden.rows('safe'), options);
      const weights = { alpha: 1, beta: 0.5 };
      const { values, gradients } = await run(model, adapter, pairs, goldenNoise(golden, pairs), weights);
      for (const [output, expected] of [
        ['harmlessLoss', 'harmless_loss'],
        ['adversarialTerms', 'adversarial_terms'],
        ['adversarialLoss', 'adversarial_loss'],
        ['layerNoise', 'layer_noise'],
        ['noiseLoss', 'noise_loss'],
        ['loss', 'loss'],
      ] as const)
        expect(floats(values[output]!), output).toBeAllclose(floats(golden.tensor(expected)), F32_FORWARD);
      for (const { name: factor, got, want, bound } of golden.gradients(gradients, 'grad.loss.'))
        expect(got, factor).toBeAllclose(want, bound);
      const harmlessOnly = await run(model, adapter, pairs, [], { alpha: 0, beta: 0 });
      expect(Object.keys(harmlessOnly.values).filter((key) => /adversarial|noise/i.test(key))).toEqual([]);
      for (const { name: factor, got, want, bound } of golden.gradients(harmlessOnly.gradients, 'grad.harmless.'))
        expect(got, factor).toBeAllclose(want, bound);
    });
  });
});

describe('repnoise', () => {
  let engine: Engine;
  let model: LanguageModel;
  let adapter: LoraAdapter;
  const rows = defenseRows(randomRows('alignment', 10));
  /** Of the same prompts. */
  const harmful = defenseRows(
    randomRows('harmful', 10).map((row, index) => {
      const { inputIds, numPromptTokens } = rows[index]!.tokens;
      const ids = [...inputIds.subarray(0, numPromptTokens), ...row.inputIds.subarray(row.numPromptTokens)];
      return { ...row, inputIds: Int32Array.from(ids), numPromptTokens };
    }),
  );

  beforeAll(async () => {
    ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
    model = await loadModel('qwen2', engine);
    adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, 'start');
    const random = new Random('factors');
    for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()));
  });

  afterAll(async () => {
    await engine.dispose();
  });

  function pairsOf(indices: readonly number[], batchSize = indices.length): MaskedPairs {
    const tokens = (from: typeof rows) => indices.map((index) => from[index]!.tokens);
    return maskedPairs(tokens(harmful), tokens(rows), { batchSize, padId: 0, maxLength: 32, hasCommonLength: true, ignoreZeroId: true });
  }

  function noiseOf(pairs: MaskedPairs): Float32Array[] {
    const { numLayers, hiddenSize } = model.config;
    return Array.from({ length: numLayers }, (_, layer) => maskedNoise(pairs.harmful.mask, hiddenSize, new Random('noise').split(layer)));
  }

  it('a small step against the ascent term raises L_adv, and d(-alpha log(1 + x))/dx is -alpha / (1 + x)', async () => {
    const pairs = pairsOf([0, 1, 2, 3]);
    const still = await run(model, adapter, pairs, [], { alpha: 0, beta: 0 });
    const ascent = async (alpha: number) => {
      const { gradients, values } = await run(model, adapter, pairs, [], { alpha, beta: 0 });
      const part = new Map([...gradients].map(([name, gradient]) => [name, gradient.map((g, i) => g - still.gradients.get(name)![i]!)]));
      return { part, adversarial: floats(values['adversarialLoss']!)[0]!, loss: floats(values['loss']!)[0]! };
    };
    const { part, adversarial, loss } = await ascent(1);
    expect(loss).toBeCloseTo(floats(still.values['harmlessLoss']!)[0]! - Math.log(1 + adversarial), 5);
    const moved = cloneAdapter(adapter);
    const squared = [...part.values()].reduce((sum, gradient) => sum + gradient.reduce((square, g) => square + g * g, 0), 0);
    const size = 1e-3 / Math.sqrt(squared);
    for (const [name, values] of adapterParameters(moved)) values.forEach((value, i) => (values[i] = value - size * part.get(name)![i]!));
    const after = floats((await run(model, moved, pairs, [], { alpha: 1, beta: 0 })).values['adversarialLoss']!)[0]!;
    expect(after).toBeGreaterThan(adversarial);
    // |g| of -log(1 + L_adv) is |grad L_adv| / (1 + L_adv): the rise along it is size |g|^2 (1 + L_adv) to first order.
    expect((after - adversarial) / (size * squared * (1 + adversarial))).toBeCloseTo(1, 1);
    const doubled = await ascent(2);
    for (const [name, gradient] of part)
      expect(doubled.part.get(name)!, name).toBeAllclose(
        gradient.map((g) => 2 * g),
        ENGINE_PARITY,
      );
  });

  it('alpha = beta = 0 is the masked loss of the harmless rows alone: one pass, and not supervised fine-tuning', async () => {
    const { context, passes } = recordedContext({ model, adapter, rows, harmful, batchSize: 4 });
    const step = stepOf(context, 0, [0, 1, 2, 3]);
    const { loss, gradients, facts } = await repnoise.start(context, { alpha: 0, beta: 0 }).gradient(step);
    const alone = await run(model, adapter, pairsOf([0, 1, 2, 3]), [], { alpha: 0, beta: 0 });
    expect(facts).toEqual({ harmlessLoss: loss });
    expect(gradients).toEqual(alone.gradients);
    expect(passes).toEqual({ forward: 1, backward: 1, forwardRows: 4 });
    const plain = await model.gradient(step.batch, adapter, new Float32Array(4).fill(1 / step.batch.numTargets));
    expect(Math.abs(plain.loss - loss)).toBeGreaterThan(1e-3);
  });

  it('counts two passes each way, and a batch that is not full is the batch of its rows', async () => {
    const { context, passes } = recordedContext({ model, adapter, rows, harmful, batchSize: 4 });
    await repnoise.start(context, {}).gradient(stepOf(context, 0, [0, 1, 2]));
    expect(passes).toEqual({ forward: 2, backward: 2, forwardRows: 6 });
    const weights = { alpha: 1, beta: 0.5 };
    const [full, padded] = [pairsOf([0, 1, 2]), pairsOf([0, 1, 2], 4)];
    const [want, got] = [
      await run(model, adapter, full, noiseOf(full), weights),
      await run(model, adapter, padded, noiseOf(padded), weights),
    ];
    expect(floats(got.values['loss']!)).toBeAllclose(floats(want.values['loss']!), F32_FORWARD);
    for (const [name, gradient] of want.gradients) expect(got.gradients.get(name)!, name).toBeAllclose(gradient, ENGINE_PARITY);
  });

  it('a batch in which no token differs has loss 0 and gradient 0, not NaN', async () => {
    const tokens = rows.slice(0, 3).map((row) => row.tokens);
    const pairs = maskedPairs(tokens, tokens, { batchSize: 3, padId: 0, maxLength: 32, hasCommonLength: true, ignoreZeroId: true });
    const { values, gradients } = await run(model, adapter, pairs, noiseOf(pairs), { alpha: 1, beta: 1 });
    // XLA adds up the two means of the noise term in different orders: f32 rounding stays of what is exactly 0 elsewhere.
    const digits = engine.name.startsWith('pjrt') ? 7 : 12;
    for (const name of ['loss', 'harmlessLoss', 'adversarialLoss', 'noiseLoss'])
      expect(floats(values[name]!)[0], name).toBeCloseTo(0, digits);
    for (const [name, gradient] of gradients) expect(gradient, name).toBeAllclose(new Float32Array(gradient.length), { rtol: 0, atol: 0 });
  });

  it('draws noise by step, whatever came before', async () => {
    const { context } = recordedContext({ model, adapter, rows, harmful, batchSize: 4 });
    const noiseAt = async (step: number, method = repnoise.start(context, { beta: 1 })) =>
      (await method.gradient(stepOf(context, step, [0, 1, 2, 3]))).facts!['noiseLoss'];
    const method = repnoise.start(context, { beta: 1 });
    const first = await noiseAt(0, method);
    const second = await noiseAt(1, method);
    expect(second).not.toBe(first);
    expect(await noiseAt(1)).toBe(second);
  });

  it.each(['prompt', 'sampled'] as const)(
    '%s: stopped after a step and continued, reaches the bits of an unbroken run',
    async (pairing) => {
      type Options = Parameters<typeof fineTune>[0];
      type State = Parameters<NonNullable<Options['checkpoint']>['save']>[0];
      const train = async (trained: LoraAdapter, rest: Partial<Options> = {}) => {
        const { context } = recordedContext({ model, adapter: trained, rows, harmful, batchSize: 4 });
        const options = { model, adapter: trained, rows: rows.map(({ tokens }) => tokens), batchSize: 4, maxLength: 32, seed: 1 };
        const method = repnoise.start(context, { pairing });
        return await fineTune({ ...options, length: { steps: 5 }, learningRate: 1e-2, method, ...rest });
      };
      const unbroken = cloneAdapter(adapter);
      const records = await train(unbroken);
      let saved: State | undefined;
      const checkpoint = { everySteps: 100, load: async () => saved, save: async (state: State) => void (saved = structuredClone(state)) };
      const controller = new AbortController();
      const onStep = ({ step }: { step: number }) => void (step === 2 && controller.abort());
      await expect(train(cloneAdapter(adapter), { checkpoint, signal: controller.signal, onStep })).rejects.toThrow('stopped');
      const resumed = cloneAdapter(adapter);
      expect(await train(resumed, { checkpoint })).toEqual(records);
      expect(resumed.factors).toEqual(unbroken.factors);
    },
  );

  it('a position with m[t] = 0 and m[t+1] = 1 contributes log V exactly, and no gradient', async () => {
    const tokens = rows.slice(0, 2).map((row) => row.tokens);
    const changed = tokens.map((row) => ({ ...row, inputIds: row.inputIds.with(4, row.inputIds[4] === 7 ? 8 : 7) }));
    const pairs = maskedPairs(changed, tokens, { batchSize: 2, padId: 0, maxLength: 32, hasCommonLength: true, ignoreZeroId: true });
    const { values, gradients } = await run(model, adapter, pairs, [], { alpha: 1, beta: 0 });
    const uniform = Math.fround(Math.log(model.config.vocabSize));
    expect(floats(values['harmlessLoss']!)[0]).toBe(uniform);
    expect([...floats(values['adversarialTerms']!)]).toEqual(Array(model.config.numLayers + 2).fill(uniform));
    for (const [name, gradient] of gradients) expect(gradient, name).toBeAllclose(new Float32Array(gradient.length), { rtol: 0, atol: 0 });
  });

  it('keeps the harmful loss at every layer up while that of the harmless rows falls; the ascent does it', async () => {
    const train = async (alpha: number) => {
      const trained = cloneAdapter(adapter);
      const { context } = recordedContext({ model, adapter: trained, rows, harmful, batchSize: 5 });
      const options = { model, adapter: trained, rows: rows.map(({ tokens }) => tokens), batchSize: 5, maxLength: 32, seed: 2 };
      const records = await fineTune({ ...options, length: { steps: 30 }, learningRate: 5e-3, method: repnoise.start(context, { alpha }) });
      return [records[0]!.facts!, records.at(-1)!.facts!] as const;
    };
    const [[first, last], [, withoutAscent]] = [await train(4), await train(0.01)];
    // Measured: L_adv 12.28, after 30 steps 13.58 with the ascent and 11.81 with next to none; L_harmless 7.68 to 3.67.
    expect(last['harmlessLoss']).toBeLessThan(0.8 * first['harmlessLoss']!);
    expect(last['adversarialLoss']).toBeGreaterThan(1.1 * withoutAscent['adversarialLoss']!);
  });

  describe('pairing', () => {
    const start = (given: typeof harmful, pairing?: string) => {
      const recorded = recordedContext({ model, adapter, rows, harmful: given, batchSize: 4 });
      const method = repnoise.start(recorded.context, pairing === undefined ? {} : { pairing });
      return { ...recorded, method };
    };

    it('auto pairs by prompt if every row has a partner', () => {
      const { notes, warnings } = start(harmful);
      expect(notes).toEqual({ 'repnoise.pairing': 'prompt' });
      expect(warnings).toEqual([]);
    });

    it('auto draws at random otherwise, and says so', () => {
      const { notes, warnings } = start(harmful.slice(0, 3));
      expect(notes).toEqual({ 'repnoise.pairing': 'sampled' });
      expect(warnings).toEqual([
        'repnoise: 7 of 10 alignment rows have no harmful row with the same prompt (row-003, row-004, row-005, row-006, row-007, ...); ' +
          'harmful rows are drawn at random instead of paired',
      ]);
    });

    it('prompt names the first rows without a partner', () => {
      expect(() => start(harmful.slice(0, 9), 'prompt')).toThrow(
        '1 of 10 alignment rows have no harmful row with the same prompt (row-009)',
      );
      expect(() => start(harmful.slice(0, 9), 'prompt')).toThrow(ConfigError);
    });

    it('rejects harmful rows that are the alignment rows, and counts a few of them', () => {
      expect(() => start(rows)).toThrow('10 of 10 alignment rows have the same answer as their harmful row');
      const { notes, warnings } = start([rows[0]!, ...harmful.slice(1)]);
      expect(notes['repnoise.equalPairs']).toBe(1);
      expect(warnings[0]).toContain('(row-000); nothing is learnt from these pairs');
    });

    it('asks for harmful rows', () => {
      expect(() => start([])).toThrow('repnoise needs harmful rows, and there are none');
    });
  });

  it.each([{ alpha: -1 }, { beta: -0.1 }, { pairing: 'by prompt' }, { lambda: 5 }])('rejects the option %o', (options) => {
    expect(repnoise.config.safeParse(options).success).toBe(false);
  });
});
