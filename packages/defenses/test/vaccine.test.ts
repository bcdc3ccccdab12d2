import { Random } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  type Batch,
  batchInputs,
  bindTensors,
  cloneAdapter,
  collate,
  gradientsOf,
  type LanguageModel,
  type LoraAdapter,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { loadAdapter, loadModel, randomRows } from '@pharmacist/language-model/test-support';
import { createEngine, type Engine, float32, floats, globalNorm, type HostTensor } from '@pharmacist/tensor-kernels';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sft } from '../src/sft.ts';
import { attentionGradients, jointPerturbation } from '../src/vaccine/perturbation.ts';
import { noiseInput, noisyProgram } from '../src/vaccine/programs.ts';
import { passOptions } from '../src/vaccine/perturbed-gradient.ts';
import { vaccine } from '../src/vaccine/vaccine.ts';
import { weightedLoss } from '../src/vaccine/weighted-loss.ts';
import { recordedContext, stepOf } from './support/defense-context.ts';
import { Golden } from './support/goldens.ts';
import { defenseRows } from './support/defense-rows.ts';

const NORM_EPSILON = 1e-7;
const LAYERS = [0, 1];

let golden: Golden;
let adapter: LoraAdapter;

beforeAll(async () => {
  golden = await Golden.read('vaccine');
  adapter = await loadAdapter('llama');
});

function contextOf(model: LanguageModel, rows = golden.rows('alignment'), batchSize = rows.length) {
  return recordedContext({ model, adapter, rows: defenseRows(rows), harmful: [], batchSize });
}

/** The gradient of a step over all rows. */
async function gradientAt(
  model: LanguageModel,
  options: Record<string, unknown>,
  rows = golden.rows('alignment'),
  batchSize = rows.length,
) {
  const { context } = contextOf(model, rows, batchSize);
  return await vaccine.start(context, options).gradient(stepOf(context, 0, [...rows.keys()]));
}

function batchOf(rows = golden.rows('alignment'), length = 20): Batch {
  return collate(rows, { padId: 0, lengthBuckets: [length], batchSize: rows.length });
}

/** G and eps of the first pass by layer, each f32 [B * T, D]. */
async function perturbationOf(model: LanguageModel, batch: Batch, rho: number, rowWeights = tokenMeanWeights(batch)) {
  const program = model.engine.compile('perturbation', (inputs) => {
    const shape = [batch.batchSize, batch.sequenceLength] as const;
    const { gradients } = attentionGradients(
      weightedLoss(model.config, inputs),
      bindTensors(model.config, inputs, adapter.scale),
      LAYERS,
      shape,
    );
    const { perturbation } = jointPerturbation(gradients, inputs['rho']!);
    return Object.fromEntries(
      LAYERS.flatMap((layer) => [[`G${layer}`, gradients.get(layer)!] as const, [`eps${layer}`, perturbation.get(layer)!] as const]),
    );
  });
  const inputs = { ...model.inputs, ...adapterTensors(adapter), ...batchInputs(batch, rowWeights), rho: float32([], Float32Array.of(rho)) };
  const outputs = await program.run(inputs);
  const take = (kind: string) => LAYERS.map((layer) => floats(outputs[`${kind}${layer}`]!));
  return { gradients: take('G'), perturbation: take('eps') };
}

function norm(tensors: readonly Float32Array[]): number {
  return globalNorm(new Map(tensors.map((values, layer) => [String(layer), values])));
}

/** Loss and gradient at some factors with given tensors added to the attention outputs. */
async function withPerturbation(
  model: LanguageModel,
  at: LoraAdapter,
  batch: Batch,
  perturbation: readonly Float32Array[],
  rowWeights = tokenMeanWeights(batch),
) {
  const program = model.engine.compile('fixed', noisyProgram(passOptions({ model, adapter: at })));
  const shape = [batch.batchSize * batch.sequenceLength, model.config.hiddenSize];
  const added = Object.fromEntries(perturbation.map((values, layer): [string, HostTensor] => [noiseInput(layer), float32(shape, values)]));
  const outputs = await program.run({ ...model.inputs, ...adapterTensors(at), ...batchInputs(batch, rowWeights), ...added });
  return { loss: floats(outputs['loss']!)[0]!, gradients: gradientsOf(outputs) };
}

describe.each(['onnx', 'tfjs-cpu'] as const)('vaccine on %s', (name) => {
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
    ['rho0.5', 0.5],
    ['rho2', 2],
  ] as const)('has the losses, the norms and the gradient of PyTorch in float64, %s', async (key, rho) => {
    const { loss, gradients, facts } = await gradientAt(model, { rho });
    const { plainLoss, attentionGradientNorm, perturbationNorm } = facts!;
    const want = ['loss', 'plain_loss', 'attention_gradient_norm', 'perturbation_norm'].map((field) => golden.scalar(`${key}.${field}`));
    expect([loss, plainLoss!, attentionGradientNorm!, perturbationNorm!]).toBeAllclose(want, F32_FORWARD);
    for (const { name: factor, got, want: values, bound } of golden.gradients(gradients, `${key}.grad.`))
      expect(got, factor).toBeAllclose(values, bound);
  });

  it('perturbs each attention output as PyTorch does', async () => {
    const { perturbation } = await perturbationOf(model, batchOf(), 2);
    for (const layer of LAYERS)
      expect(perturbation[layer], `layer ${layer}`).toBeAllclose(floats(golden.tensor(`rho2.perturbation.${layer}`)), F32_GRAD);
  });
});

describe('vaccine', () => {
  let engine: Engine;
  let model: LanguageModel;

  beforeAll(async () => {
    ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
    model = await loadModel('llama', engine);
  });

  afterAll(async () => {
    await engine.dispose();
  });

  it('(i) perturbs by rho |G| / (|G| + 1e-7), one norm over all layers, rows and positions', async () => {
    const { gradients, perturbation } = await perturbationOf(model, batchOf(), 3);
    const length = norm(gradients);
    expect([norm(perturbation)]).toBeAllclose([(3 * length) / (length + NORM_EPSILON)], { rtol: 1e-6, atol: 0 });
    // With a gradient that is small beside 1e-7 the quotient shows.
    const small = await perturbationOf(
      model,
      batchOf(),
      3,
      tokenMeanWeights(batchOf()).map((weight) => 1e-7 * weight),
    );
    const smallLength = norm(small.gradients);
    expect(smallLength).toBeLessThan(1e-7);
    expect([norm(small.perturbation)]).toBeAllclose([(3 * smallLength) / (smallLength + NORM_EPSILON)], { rtol: 1e-5, atol: 0 });
  });

  it('(ii) is supervised fine-tuning at rho = 0', async () => {
    const { context } = contextOf(model);
    const plain = await sft.start(context, {}).gradient(stepOf(context, 0, [0, 1, 2]));
    const { loss, gradients, facts } = await gradientAt(model, { rho: 0 });
    expect([loss, facts!['plainLoss']!]).toBeAllclose([plain.loss, plain.loss], { rtol: 1e-6, atol: 0 });
    expect([...gradients.keys()]).toEqual([...plain.gradients.keys()]);
    for (const [factor, values] of plain.gradients) expect(gradients.get(factor)!, factor).toBeAllclose(values, { rtol: 1e-5, atol: 1e-7 });
  });

  it('(iii) raises the loss by rho |G| + O(rho^2)', async () => {
    const rises = [];
    for (const rho of [0.1, 0.2]) {
      const { loss, facts } = await gradientAt(model, { rho });
      const { plainLoss, attentionGradientNorm } = facts!;
      rises.push({ rise: loss - plainLoss!, first: rho * attentionGradientNorm! });
    }
    for (const { rise, first } of rises) expect(Math.abs(rise / first - 1)).toBeLessThan(0.01);
    const [small, large] = rises.map(({ rise, first }) => rise - first) as [number, number];
    expect(large / small).toBeGreaterThan(3.6); // 4 but for rounding of the losses
    expect(large / small).toBeLessThan(4.4);
  });

  it('(iv) perturbs every layer along its gradient with one common scale', async () => {
    const { gradients, perturbation } = await perturbationOf(model, batchOf(), 2);
    const scale = 2 / (norm(gradients) + NORM_EPSILON);
    for (const layer of LAYERS)
      expect(perturbation[layer]!).toBeAllclose(
        gradients[layer]!.map((value) => scale * value),
        { rtol: 1e-5, atol: 1e-9 },
      );
    expect(Math.min(...perturbation.map((values) => norm([values])))).toBeGreaterThan(0.1); // no layer is left out
  });

  it('(v) does not depend on the scale of the loss', async () => {
    const batch = batchOf();
    const { perturbation } = await perturbationOf(model, batch, 2);
    const scaled = await perturbationOf(
      model,
      batch,
      2,
      tokenMeanWeights(batch).map((weight) => 7 * weight),
    );
    for (const layer of LAYERS) expect(scaled.perturbation[layer]!).toBeAllclose(perturbation[layer]!, { rtol: 1e-4, atol: 1e-6 });
  });

  it('(vi) has the gradient of the loss with the perturbation held fixed', async () => {
    const batch = batchOf();
    const { gradients, loss } = await gradientAt(model, { rho: 2 });
    const { perturbation } = await perturbationOf(model, batch, 2);
    const fixed = await withPerturbation(model, adapter, batch, perturbation);
    expect([fixed.loss]).toBeAllclose([loss], F32_FORWARD);
    const random = new Random('direction');
    const raw = new Map([...gradients].map(([factor, values]) => [factor, values.map((value) => value + 0.05 * random.normal())]));
    const length = globalNorm(raw);
    const direction = new Map([...raw].map(([factor, values]) => [factor, values.map((value) => value / length)]));
    const STEP = 0.01;
    const lossAt = async (distance: number) => {
      const moved = cloneAdapter(adapter);
      for (const [factor, values] of adapterParameters(moved))
        values.forEach((value, i) => (values[i] = value + distance * direction.get(factor)![i]!));
      return (await withPerturbation(model, moved, batch, perturbation)).loss;
    };
    let slope = 0;
    for (const [factor, values] of gradients) values.forEach((value, i) => (slope += value * direction.get(factor)![i]!));
    const difference = ((await lossAt(STEP)) - (await lossAt(-STEP))) / (2 * STEP);
    expect(Math.abs(slope)).toBeGreaterThan(0.1);
    expect(Math.abs(difference / slope - 1)).toBeLessThan(5e-3);
  });

  it('(vii) counts 2 forward and 2 backward passes a perturbed step, 1 and 1 a plain one', async () => {
    const { context, passes } = contextOf(model);
    const method = vaccine.start(context, { rho: 2, everySteps: 3 });
    const counts = [];
    for (let step = 0; step < 4; step++) {
      await method.gradient(stepOf(context, step, [0, 1]));
      counts.push([passes.forward, passes.backward, passes.forwardRows]);
    }
    expect(counts).toEqual([
      [2, 2, 4],
      [3, 3, 6],
      [4, 4, 8],
      [6, 6, 12],
    ]);
  });

  it('perturbs the first of every so many steps only', async () => {
    const { context } = contextOf(model);
    const method = vaccine.start(context, { rho: 2, everySteps: 2 });
    const plain = await sft.start(context, {}).gradient(stepOf(context, 1, [0, 1, 2]));
    const [first, second, third] = [0, 1, 2].map(async (step) => await method.gradient(stepOf(context, step, [0, 1, 2])));
    expect((await second!).gradients).toEqual(plain.gradients);
    expect((await third!).gradients).toEqual((await first!).gradients);
    expect((await first!).loss).toBeGreaterThan(plain.loss + 0.1);
  });

  it('adds up over rows once the perturbation is known: the joint norm is all that couples them', async () => {
    const rows = randomRows('coupled', 8, { length: 20 });
    const batch = batchOf(rows);
    const whole = await gradientAt(model, { rho: 2 }, rows);
    const { perturbation } = await perturbationOf(model, batch, 2);
    const sum = new Map([...whole.gradients].map(([factor, values]) => [factor, new Float64Array(values.length)]));
    const width = 20 * model.config.hiddenSize;
    for (const [b, row] of rows.entries()) {
      const own = perturbation.map((values) => values.slice(b * width, (b + 1) * width));
      const { gradients } = await withPerturbation(model, adapter, batchOf([row]), own, Float32Array.of(1 / batch.numTargets));
      for (const [factor, values] of gradients) values.forEach((value, i) => (sum.get(factor)![i]! += value));
    }
    for (const [factor, values] of whole.gradients) expect(Float32Array.from(sum.get(factor)!), factor).toBeAllclose(values, F32_GRAD);
  });

  it('perturbs eight copies of a row at rho sqrt(8) as the row alone at rho', async () => {
    const [row] = randomRows('copies', 1, { length: 20 });
    const alone = await gradientAt(model, { rho: 0.5 }, [row!]);
    const copies = await gradientAt(
      model,
      { rho: 0.5 * Math.sqrt(8) },
      Array.from({ length: 8 }, () => row!),
    );
    expect([copies.loss]).toBeAllclose([alone.loss], F32_FORWARD);
    for (const [factor, values] of alone.gradients) expect(copies.gradients.get(factor)!, factor).toBeAllclose(values, F32_GRAD);
  });

  it('is not changed by empty places in the batch', async () => {
    const full = await gradientAt(model, { rho: 2 });
    const padded = await gradientAt(model, { rho: 2 }, undefined, 5);
    for (const [factor, values] of full.gradients) expect(padded.gradients.get(factor)!, factor).toBeAllclose(values, F32_GRAD);
  });

  it('draws noise of variance rho for each step, in one pass', async () => {
    const { context, passes } = contextOf(model);
    const method = vaccine.start(context, { rho: 0.25, perturbation: 'random' });
    const [first, again, other] = [
      await method.gradient(stepOf(context, 4, [0, 1, 2])),
      await vaccine.start(contextOf(model).context, { rho: 0.25, perturbation: 'random' }).gradient(stepOf(context, 4, [0, 1, 2])),
      await method.gradient(stepOf(context, 5, [0, 1, 2])),
    ];
    expect(again.gradients).toEqual(first.gradients);
    expect(other.loss).not.toBe(first.loss);
    expect(passes).toMatchObject({ forward: 2, backward: 2 });
    const numDrawn = LAYERS.length * 3 * 32 * model.config.hiddenSize;
    const variance = first.facts!['perturbationNorm']! ** 2 / numDrawn;
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / numDrawn)); // five standard deviations
    const none = await vaccine.start(context, { rho: 0, perturbation: 'random' }).gradient(stepOf(context, 0, [0, 1, 2]));
    const plain = await sft.start(context, {}).gradient(stepOf(context, 0, [0, 1, 2]));
    for (const [factor, values] of plain.gradients)
      expect(none.gradients.get(factor)!, factor).toBeAllclose(values, { rtol: 1e-5, atol: 1e-7 });
  });

  it('has a fingerprint of every option', () => {
    const { context } = contextOf(model);
    const prints = [{}, { rho: 1 }, { perturbation: 'random' }, { everySteps: 2 }].map((options) =>
      JSON.stringify(vaccine.start(context, options).fingerprint),
    );
    expect(new Set(prints).size).toBe(4);
  });

  it.each([{ rho: -1 }, { perturbation: 'none' }, { everySteps: 0 }, { Rho: 2 }])('rejects %j', (options) => {
    expect(vaccine.config.safeParse(options).success).toBe(false);
  });
});
