import { InterruptedError, type State } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  batchInputs,
  cloneAdapter,
  collate,
  createAdapter,
  parseModelConfig,
  fineTune,
  type LanguageModel,
  type LoraAdapter,
  type StepRecord,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { loadAdapter, loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { createEngine, type Engine, float32, floats } from '@pharmacist/tensor-kernels';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DefenseRow } from '../src/defense.ts';
import { sft } from '../src/sft.ts';
import { trainedFactors } from '../src/t-vaccine/trained-factors.ts';
import { tVaccine } from '../src/t-vaccine/t-vaccine.ts';
import { passInputs, passOptions } from '../src/vaccine/perturbed-gradient.ts';
import { layerNormProgram, vaccineProgram } from '../src/vaccine/programs.ts';
import { vaccine } from '../src/vaccine/vaccine.ts';
import { recordedContext, stepOf } from './support/defense-context.ts';
import { Golden } from './support/goldens.ts';
import { defenseRows } from './support/defense-rows.ts';

const NUM_LAYERS = 2;

let golden: Golden;
let adapter: LoraAdapter;

beforeAll(async () => {
  golden = await Golden.read('t-vaccine');
  adapter = await loadAdapter('llama');
});

function contextOf(model: LanguageModel, fields: { harmful?: readonly DefenseRow[]; adapter?: LoraAdapter; seed?: string } = {}) {
  const rows = golden.rows('alignment');
  const harmful = defenseRows(golden.rows('harmful'));
  return recordedContext({ model, adapter, rows: defenseRows(rows), harmful, batchSize: rows.length, ...fields });
}

/** A step between two draws, with these layers active. */
async function gradientWith(model: LanguageModel, layers: readonly number[], options: Record<string, unknown>) {
  const { context } = contextOf(model);
  const method = tVaccine.start(context, { numLayers: layers.length, ...options });
  method.state!.restore({ probabilities: [0.5, 0.5], layers, numMeasured: 1, timesDrawn: [1, 0], numDraws: 1 });
  return await method.gradient(stepOf(context, 1, [0, 1, 2]));
}

describe.each(['onnx', 'tfjs-cpu'] as const)('t-vaccine on %s', (name) => {
  let engine: Engine;
  let model: LanguageModel;

  beforeAll(async () => {
    ({ engine } = await createEngine({ name, numThreads: 1 }));
    model = await loadModel('llama', engine);
  });

  afterAll(async () => {
    await engine.dispose();
  });

  it.each([
    ['mlp-frozen', 0, true],
    ['mlp-frozen', 1, true],
    ['mlp-trained', 0, false],
    ['mlp-trained', 1, false],
  ] as const)('has the losses and the gradient of PyTorch in float64 and no other factor, %s, layer %i', async (kind, layer, freezeMlp) => {
    const { loss, gradients, facts } = await gradientWith(model, [layer], { rho: 2, freezeMlp });
    const { plainLoss, attentionGradientNorm, perturbationNorm, lowestActiveLayer } = facts!;
    const key = `${kind}.${layer}`;
    const want = ['loss', 'plain_loss', 'attention_gradient_norm', 'perturbation_norm'].map((field) => golden.scalar(`${key}.${field}`));
    expect([loss, plainLoss!, attentionGradientNorm!, perturbationNorm!]).toBeAllclose(want, F32_FORWARD);
    expect(lowestActiveLayer).toBe(layer);
    for (const { name: factor, got, want: values, bound } of golden.gradients(gradients, `${key}.grad.`))
      expect(got, factor).toBeAllclose(values, bound);
  });

  it('measures the layers as PyTorch does', async () => {
    const { context } = contextOf(model);
    const method = tVaccine.start(context, {});
    await method.gradient(stepOf(context, 0, [0, 1, 2]));
    const { probabilities } = method.state!.save() as { probabilities: number[] };
    expect(probabilities).toBeAllclose(floats(golden.tensor('probabilities')), F32_GRAD);
    expect(probabilities.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(Math.min(...probabilities)).toBeGreaterThan(0);
  });
});

describe('t-vaccine', () => {
  let engine: Engine;
  let model: LanguageModel;

  beforeAll(async () => {
    ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
    model = await loadModel('llama', engine);
  });

  afterAll(async () => {
    await engine.dispose();
  });

  it.each([true, false])('is Vaccine with all layers active, freezeMlp %s', async (freezeMlp) => {
    const { context } = contextOf(model);
    const whole = await vaccine.start(context, { rho: 2 }).gradient(stepOf(context, 0, [0, 1, 2]));
    const { loss, gradients } = await tVaccine
      .start(context, { rho: 2, numLayers: NUM_LAYERS, freezeMlp })
      .gradient(stepOf(context, 0, [0, 1, 2]));
    expect(loss).toBe(whole.loss);
    expect(gradients).toEqual(whole.gradients);
  });

  it.each([0, 1])('is supervised fine-tuning of the same factors at rho = 0, layer %i', async (layer) => {
    const { context } = contextOf(model);
    const plain = await sft.start(context, {}).gradient(stepOf(context, 1, [0, 1, 2]));
    const { loss, gradients } = await gradientWith(model, [layer], { rho: 0 });
    expect([loss]).toBeAllclose([plain.loss], { rtol: 1e-6, atol: 0 });
    expect(gradients.size).toBe(plain.gradients.size / NUM_LAYERS);
    for (const [factor, values] of gradients) expect(values, factor).toBeAllclose(plain.gradients.get(factor)!, { rtol: 1e-5, atol: 1e-7 });
  });

  it('does not differentiate below the lowest active layer', async () => {
    const batch = collate(golden.rows('alignment'), { batchSize: 3, padId: 0, lengthBuckets: [24] });
    const inputs = { ...passInputs({ model }, batch), ...adapterTensors(adapter), rho: float32([], Float32Array.of(2)) };
    const costs = [];
    for (const layers of [[0, 1], [0], [1]]) {
      const trained = trainedFactors(adapter, layers, { numLayers: NUM_LAYERS, freezeMlp: true });
      const program = engine.compile('step', vaccineProgram(passOptions({ model, adapter }, { layers, trained })));
      costs.push((await program.cost(inputs))!);
    }
    const [all, lower, upper] = costs.map(({ matMulFlops }) => matMulFlops) as [number, number, number];
    expect(lower).toBeLessThan(all);
    expect(upper).toBeLessThan(0.7 * all);
    expect(costs[2]!.peakActivationBytes).toBeLessThan(0.8 * costs[0]!.peakActivationBytes);
  });

  it('measures shares that do not depend on the scale of the harmful loss', async () => {
    const batch = collate(golden.rows('harmful'), { batchSize: 1, padId: 0, lengthBuckets: [24] });
    const program = engine.compile('norms', layerNormProgram(passOptions({ model, adapter }, { trained: [] })));
    const shares = [];
    for (const factor of [1, 0.01]) {
      const weights = tokenMeanWeights(batch).map((weight) => factor * weight);
      const norms = floats((await program.run({ ...model.inputs, ...adapterTensors(adapter), ...batchInputs(batch, weights) }))['norms']!);
      shares.push(norms.map((norm) => norm / norms.reduce((sum, other) => sum + other, 0)));
    }
    expect(shares[1]!).toBeAllclose(shares[0]!, { rtol: 1e-5, atol: 0 });
  });

  it('counts 2 passes a step, and one more on one row where it measures', async () => {
    const { context, passes } = contextOf(model);
    const method = tVaccine.start(context, { probabilitySteps: 2 });
    const counts = [];
    for (let step = 0; step < 3; step++) {
      await method.gradient(stepOf(context, step, [0, 1]));
      counts.push([passes.forward, passes.backward, passes.forwardRows]);
    }
    expect(counts).toEqual([
      [3, 3, 5],
      [5, 5, 9],
      [8, 8, 14],
    ]);
  });

  describe('in training', () => {
    const OPTIONS = { rho: 0.5, numLayers: 1, probabilitySteps: 4, layerSteps: 2 };
    const NUM_STEPS = 10;
    const rows = randomRows('rows', 7);
    const harmful = defenseRows(randomRows('harmful', 3));

    interface Run {
      readonly trained: LoraAdapter;
      /** Values of every factor before the first step and after each. */
      readonly history: Map<string, Float32Array>[];
      readonly records: StepRecord[];
      readonly notes: Record<string, unknown>;
    }

    /** Trains ten steps; with `saved`, from what is kept there and up to an abort after `abortAfter` steps. */
    async function run(options: object, saved?: { state?: State }, abortAfter = Infinity): Promise<Run> {
      const trained = createAdapter(model.config, { rank: 2, alpha: 4 }, 'start');
      const { context, notes } = contextOf(model, { harmful, adapter: trained, seed: 'b' }); // with this seed both layers are drawn in ten steps
      const snapshot = () => new Map([...adapterParameters(trained)].map(([name, values]) => [name, values.slice()]));
      const history = [snapshot()];
      const controller = new AbortController();
      const records = await fineTune({
        model,
        adapter: trained,
        rows,
        batchSize: 3,
        length: { steps: NUM_STEPS },
        maxLength: 32,
        seed: 5,
        learningRate: 1e-2,
        optimizer: { weightDecay: 0.1 },
        method: tVaccine.start({ ...context, rows: defenseRows(rows) }, options),
        signal: controller.signal,
        onStep: ({ step }) => {
          history.push(snapshot());
          if (step + 1 === abortAfter) controller.abort();
        },
        ...(saved && {
          checkpoint: {
            everySteps: 100,
            load: async () => structuredClone(saved.state),
            save: async (state: State) => void (saved.state = structuredClone(state)),
          },
        }),
      });
      return { trained, history, records, notes };
    }

    it('leaves the factors of inactive layers as they are, to the bit', async () => {
      const { history, records } = await run(OPTIONS);
      const active = records.map(({ facts }) => facts!['lowestActiveLayer']!);
      expect(new Set(active).size).toBe(2); // both layers had their turn
      for (const [step, layer] of active.entries()) {
        expect(layer).toBe(active[step - (step % 2)]); // drawn every second step
        const [before, after] = [history[step]!, history[step + 1]!];
        for (const [factor, values] of after) {
          const isActive = factor.includes(`.layers.${layer}.`);
          expect(
            values.every((value, i) => Object.is(value, before.get(factor)![i])),
            `${factor} at step ${step}`,
          ).toBe(!isActive);
        }
      }
    });

    it('without freezeMlp trains the MLPs above the lowest active layer too', async () => {
      const { history, records } = await run({ ...OPTIONS, freezeMlp: false });
      const step = records.findIndex(({ facts }) => facts!['lowestActiveLayer'] === 0);
      const [before, after] = [history[step]!, history[step + 1]!];
      const changed = [...after].flatMap(([factor, values]) =>
        values.some((value, i) => value !== before.get(factor)![i]) ? [factor] : [],
      );
      expect(changed.filter((factor) => factor.includes('.layers.1.mlp.'))).toHaveLength(6);
      expect(changed.filter((factor) => factor.includes('.layers.1.self_attn.'))).toEqual([]);
    });

    it.each([1, 3, 4, 5, 8])('continues after step %i to the bits of an unbroken run', async (abortAfter) => {
      const unbroken = await run(OPTIONS);
      const saved: { state?: State } = {};
      await expect(run(OPTIONS, saved, abortAfter)).rejects.toBeInstanceOf(InterruptedError);
      const continued = await run(OPTIONS, saved);
      expect(continued.records).toEqual(unbroken.records);
      expect(adapterParameters(continued.trained)).toEqual(adapterParameters(unbroken.trained));
      expect(continued.notes).toEqual(unbroken.notes);
    });

    it('reports what it drew', async () => {
      const { notes } = await run(OPTIONS);
      const { timesDrawn, ...note } = notes['t-vaccine'] as { timesDrawn: number[] };
      expect(note).toMatchObject({ freezeMlp: true, numActive: 1, numMeasured: 3, numDraws: 5 });
      expect(timesDrawn.reduce((sum, times) => sum + times, 0)).toBe(5);
    });
  });

  describe('refuses', () => {
    const start = (options: object, harmful?: readonly DefenseRow[]) =>
      tVaccine.start(contextOf(model, harmful && { harmful }).context, options);

    it('more active layers than the model has', () => {
      expect(() => start({ numLayers: 3 })).toThrow('expected at most the 2 layers of the model llama, got 3');
    });

    it('to work without harmful rows, or with ones that have no answer', () => {
      expect(() => start({}, [])).toThrow('t-vaccine needs harmful rows, and there are none');
      const cut = defenseRows(randomRows('cut', 2)).map((row) => ({ ...row, tokens: { ...row.tokens, hasTargets: false } }));
      expect(() => start({}, cut)).toThrow('t-vaccine needs harmful rows with an answer; the prompt fills each of the 2');
    });

    it.each([{ rho: -1 }, { numLayers: 0 }, { layerSteps: 1.5 }, { probabilitySteps: 0 }, { poolSize: 0 }, { K: 200 }])('%j', (options) => {
      expect(tVaccine.config.safeParse(options).success).toBe(false);
    });
  });

  it('has a fingerprint of every option and of the harmful rows it measures on', () => {
    const start = (options: object, harmful = defenseRows(randomRows('harmful', 3))) =>
      JSON.stringify(tVaccine.start(contextOf(model, { harmful }).context, options).fingerprint);
    const prints = [{}, { rho: 1 }, { numLayers: 2 }, { probabilitySteps: 100 }, { layerSteps: 10 }, { freezeMlp: false }, { poolSize: 1 }];
    const all = [...prints.map((options) => start(options)), start({}, defenseRows(randomRows('others', 3)))];
    expect(new Set(all).size).toBe(all.length);
    expect(start({ numLayers: 1 })).toBe(start({})); // the default for two layers
  });

  it('does not change the adapter in a step', async () => {
    const before = cloneAdapter(adapter);
    await gradientWith(model, [1], {});
    expect(adapterParameters(adapter)).toEqual(adapterParameters(before));
  });
});

describe('the factors that train', () => {
  const names = (numLayers: number, layers: number[], freezeMlp: boolean) => {
    const shape = { vocab_size: 8, hidden_size: 4, intermediate_size: 4, num_attention_heads: 1, num_hidden_layers: numLayers };
    const config = parseModelConfig({ model_type: 'llama', ...shape }, 'config.json');
    const wide = createAdapter(config, { rank: 1, alpha: 1, targetModules: ['q_proj', 'up_proj'] }, 0);
    return trainedFactors(wide, layers, { numLayers, freezeMlp })
      .filter((name) => name.includes('lora_A'))
      .map((name) => /layers\.(\d+)\.(?:self_attn|mlp)\.(\w)/.exec(name)!.slice(1).join(''));
  };

  it('are those of the active layers', () => {
    expect(names(5, [1, 3], true)).toEqual(['1q', '1u', '3q', '3u']);
  });

  it('without freezeMlp are also the MLPs from the lowest active layer, or from the one below it in a deep model', () => {
    expect(names(5, [1, 3], false)).toEqual(['1q', '1u', '2u', '3q', '3u', '4u']);
    expect(names(26, [24], false)).toEqual(['24q', '24u', '25u']);
    expect(names(27, [25], false)).toEqual(['24u', '25q', '25u', '26u']);
  });
});
