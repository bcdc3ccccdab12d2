import { Random } from '@pharmacist/core';
import {
  adapterParameters,
  adapterTensors,
  attendWithin,
  batchInputs,
  bindTensors,
  collate,
  createAdapter,
  finalNorm,
  hiddenStates,
  type LoraAdapter,
  plainPositions,
  rowMeanWeights,
} from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import { floats, isResident } from '@pharmacist/tensor-kernels';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { el2n } from '../src/early-training/el2n.ts';
import { meanErrorNorms } from '../src/early-training/error-norms.ts';
import { grand } from '../src/early-training/grand.ts';
import { meanLosses } from '../src/mean-losses.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { engine } = model;

const rows = randomRows('early training', 6);

function trainedAdapter(): LoraAdapter {
  const adapter = createAdapter(model.config, { rank: 3, alpha: 6 }, 'trained');
  const random = new Random('factors');
  for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()));
  return adapter;
}

describe('meanErrorNorms', () => {
  it('are the means over answer tokens that float64 finds in the final hidden states of a batch', async () => {
    const adapter = trainedAdapter();
    const attempt = new Attempt({ model, pool: [] });
    const { el2n: values, loss } = await meanErrorNorms(attempt.context, { adapter, rows, name: 'x', phase: 'x' });
    expect(attempt.passes).toEqual({ forward: 2, forwardRows: 6 });

    const batch = collate(rows, { padId: 0, lengthBuckets: [24], batchSize: rows.length });
    const { config } = model;
    const program = engine.compile('hidden states', (inputs) => {
      const tensors = bindTensors(config, inputs, adapter.scale);
      const hidden = hiddenStates(tensors, inputs['inputIds']!, plainPositions(rows.length, 24), attendWithin(config, 24));
      return { states: finalNorm(tensors, hidden), embedding: tensors.weight('lm_head.weight') };
    });
    const inputs = { ...model.inputs, ...adapterTensors(adapter), ...batchInputs(batch, new Float32Array(rows.length)) };
    const weight = model.inputs[config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight']!;
    if (!isResident(weight)) throw new Error('weights are resident');
    const embedding = floats(await engine.download(weight));
    const states = floats((await program.run({ ...inputs, 'lm_head.weight': weight }))['states']!);
    const size = config.hiddenSize;
    const expected = rows.map(({ inputIds, numPromptTokens }, b) => {
      let [norms, losses] = [0, 0];
      for (let t = numPromptTokens; t < inputIds.length; t++) {
        const start = (b * 24 + t - 1) * size;
        const logits = Array.from({ length: config.vocabSize }, (_, v) => {
          let sum = 0;
          for (let d = 0; d < size; d++) sum += states[start + d]! * embedding[v * size + d]!;
          return sum;
        });
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const probabilities = logits.map((logit) => Math.exp(logit) / total);
        norms += Math.sqrt(probabilities.reduce((sum, p, v) => sum + (p - Number(v === inputIds[t])) ** 2, 0));
        losses -= Math.log(probabilities[inputIds[t]!]!);
      }
      const count = inputIds.length - numPromptTokens;
      return { el2n: norms / count, loss: losses / count };
    });
    expect(values).toBeAllclose(
      expected.map((row) => row.el2n),
      { rtol: 1e-5, atol: 0 },
    );
    expect(loss).toBeAllclose(
      expected.map((row) => row.loss),
      { rtol: 1e-5, atol: 0 },
    );
    expect(loss).toBeAllclose(await meanLosses(attempt.context, { rows, phase: 'x', adapter }), { rtol: 1e-5, atol: 0 });
  });
});

describe('grand', () => {
  it("is the norm of the gradient of each row's mean loss, averaged over runs that differ", async () => {
    const config = { runs: 2, steps: 0, loraRank: 2, loraAlpha: 4 };
    const attempt = new Attempt({ model, pool: poolOf(rows) });
    const { scores, columns } = await grand.fit(attempt.context, config);
    const norms: number[] = [];
    for (let run = 0; run < 2; run++) {
      const seed = new Random(0)
        .split('early run', run)
        .split('adapter')
        .integer(2 ** 31);
      const adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, seed);
      for (const row of rows) {
        const one = collate([row], { padId: 0, lengthBuckets: [24], batchSize: 1 });
        const { gradients } = await model.gradient(one, adapter, rowMeanWeights(one));
        norms.push(
          Math.sqrt([...gradients.values()].reduce((sum, part) => sum + part.reduce((square, value) => square + value ** 2, 0), 0)),
        );
      }
    }
    const means = rows.map((_, i) => (norms[i]! + norms[rows.length + i]!) / 2);
    expect(columns['grand']).toBeAllclose(means, { rtol: 1e-4, atol: 0 });
    expect(scores).toEqual(columns['grand']);
    expect(Math.abs(norms[0]! / norms[rows.length]! - 1)).toBeGreaterThan(1e-3);
    expect(attempt.passes).toEqual({ forward: 4, forwardRows: 12, backward: 4, backwardRows: 12 });
  });
});

describe('el2n', () => {
  it('reads the base model once without steps, and runs that differ with some', async () => {
    const base = new Attempt({ model, pool: poolOf(rows) });
    const { columns } = await el2n.fit(base.context, { steps: 0 });
    expect(base.passes).toEqual({ forward: 2, forwardRows: 6 });
    expect(columns['loss']).toBeAllclose(await meanLosses(base.context, { rows, phase: 'x' }), { rtol: 1e-5, atol: 0 });
    const runs = [];
    for (const count of [1, 2]) {
      const attempt = new Attempt({ model, pool: poolOf(rows) });
      runs.push((await el2n.fit(attempt.context, { runs: count, steps: 5, learningRate: 1e-2, trainBatchSize: 3 })).scores);
    }
    expect(runs[1]).not.toEqual(runs[0]);
    expect(runs[0]!.every((value) => value >= 0 && value <= Math.SQRT2)).toBe(true);
  });
});

describe.each([
  ['el2n', el2n],
  ['grand', grand],
])('%s', (_, method) => {
  it('finds rows whose answers are unlike the others, first, and last where the highest are skipped', async () => {
    const usual = randomRows('usual', 20, { length: 18, answerIds: [5, 6] });
    const odd = randomRows('odd', 4, { length: 18, answerIds: [40, 96] });
    const pool = poolOf([...odd, ...usual]);
    const config = { runs: 1, steps: 30, loraRank: 4, learningRate: 1e-2, trainBatchSize: 8 };
    const places = async (options: object) => {
      const { scores } = await method.fit(new Attempt({ model, pool }).context, { ...config, ...options });
      const order = [...scores.keys()].sort((i, j) => scores[j]! - scores[i]!);
      return odd.map((__, i) => order.indexOf(i)).sort((i, j) => i - j);
    };
    expect(await places({})).toEqual([0, 1, 2, 3]);
    expect(await places({ order: 'lowest' })).toEqual([20, 21, 22, 23]);
    expect(await places({ skipHighest: 4 / 24 })).toEqual([20, 21, 22, 23]);
  });
});
