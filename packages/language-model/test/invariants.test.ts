import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Batch, collate } from '../src/collate.ts';
import type { ModelConfig } from '../src/config.ts';
import type { LanguageModel } from '../src/language-model.ts';
import { projectionsOf } from '../src/decoder/projections.ts';
import { adapterTensors, createAdapter } from '../src/lora.ts';
import { batchInputs, gradientProgram, rowMeanWeights, tokenMeanWeights } from '../src/loss.ts';
import type { TokenizedRow } from '../src/tokenize-row.ts';
import { loadAdapter, loadModel } from './support/fixture-model.ts';
import { randomRows } from './support/random-rows.ts';

const PAD_ID = 0;

let engine: Engine;
let model: LanguageModel;

beforeAll(async () => {
  ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  model = await loadModel('llama3', engine);
});

afterAll(async () => {
  await engine.dispose();
});

function batchOf(rows: readonly TokenizedRow[], { length = 24, batchSize = rows.length } = {}): Batch {
  return collate(rows, { padId: PAD_ID, lengthBuckets: [length], batchSize });
}

/** Weighted sum of row losses. */
function weighted(losses: Float32Array, weights: Float32Array): number {
  return losses.reduce((sum, loss, b) => sum + loss * weights[b]!, 0);
}

describe('row losses', () => {
  it('are those of the model itself, to the bit, while B is zero', async () => {
    const batch = batchOf(randomRows('fresh', 4));
    const fresh = createAdapter(model.config, { rank: 3, alpha: 6 }, 'fresh');
    expect(await model.rowLosses(batch, fresh)).toEqual(await model.rowLosses(batch));
  });

  it('do not depend on padding: a row alone, or beside longer ones in a larger bucket', async () => {
    const rows = randomRows('padding', 5);
    const together = await model.rowLosses(batchOf(rows, { length: 64, batchSize: 7 }));
    for (const [b, row] of rows.entries()) {
      const [alone] = await model.rowLosses(batchOf([row], { length: row.inputIds.length }));
      expect([together[b]!]).toBeAllclose([alone!], F32_FORWARD);
    }
    expect(Array.from(together.subarray(5))).toEqual([0, 0]);
  });

  it('do not depend on what the padding of tokens and of targets holds', async () => {
    const batch = batchOf(randomRows('rubbish', 3), { length: 32 });
    const adapter = await loadAdapter('llama3');
    const isToken = new Set(batch.targetPositions.slice(0, batch.numTargets).map((position) => position + 1));
    const lastTokens = [0, 1, 2].map((b) => Math.max(...[...isToken].filter((position) => Math.floor(position / 32) === b)));
    const changed: Batch = {
      ...batch,
      inputIds: batch.inputIds.map((id, i) => (i > lastTokens[Math.floor(i / 32)]! ? 77 : id)),
      targetIds: batch.targetIds.map((id, k) => (k >= batch.numTargets ? 55 : id)),
      targetPositions: batch.targetPositions.map((position, k) => (k >= batch.numTargets ? 7 : position)),
    };
    expect(changed.inputIds).not.toEqual(batch.inputIds);
    expect(changed.targetIds).not.toEqual(batch.targetIds);
    const weights = tokenMeanWeights(batch);
    expect(await model.gradient(changed, adapter, weights)).toEqual(await model.gradient(batch, adapter, weights));
  });

  it('count nothing of the prompt: only tokens of the answer are ever predicted', async () => {
    const rows = randomRows('prompt', 4);
    const batch = batchOf(rows);
    const predicted = new Set(Array.from(batch.targetPositions.subarray(0, batch.numTargets)).map((position) => position + 1));
    rows.forEach(({ numPromptTokens, inputIds }, b) => {
      const inRow = [...predicted].filter((position) => Math.floor(position / 24) === b).map((position) => position % 24);
      expect(Math.min(...inRow)).toBe(numPromptTokens);
      expect(inRow).toHaveLength(inputIds.length - numPromptTokens);
    });
    const sums = await model.rowLosses(batch);
    const longerAnswers = await model.rowLosses(batchOf(rows.map((row) => ({ ...row, numPromptTokens: 1 }))));
    sums.forEach((sum, b) => expect(longerAnswers[b]).toBeGreaterThan(sum));
  });
});

describe('the mean over tokens', () => {
  it('counts a row as often as it stands in the batch, by its targets; the mean over rows counts each row once', async () => {
    const [short, long] = [randomRows('short', 1, { length: 8 })[0]!, randomRows('long', 1, { length: 24 })[0]!];
    const once = batchOf([short, long]);
    const twice = batchOf([short, short, long]);
    const [a, b] = await model.rowLosses(once);
    const [na, nb] = once.rowTargetCounts;
    const losses = await model.rowLosses(twice);
    expect([weighted(losses, tokenMeanWeights(twice))]).toBeAllclose([(2 * a! + b!) / (2 * na! + nb!)], F32_FORWARD);
    expect([weighted(losses, rowMeanWeights(twice))]).toBeAllclose([(2 * (a! / na!) + b! / nb!) / 3], F32_FORWARD);
  });

  it('has the gradient of eight rows at once that one row at a time adds up to', async () => {
    const adapter = await loadAdapter('llama3');
    const rows = randomRows('accumulate', 8);
    const whole = batchOf(rows);
    const at = await model.gradient(whole, adapter, tokenMeanWeights(whole));
    const sums = new Map([...at.gradients].map(([name, { length }]) => [name, new Float64Array(length)]));
    let loss = 0;
    for (const row of rows) {
      const one = await model.gradient(batchOf([row]), adapter, Float32Array.of(1 / whole.numTargets));
      loss += one.loss;
      for (const [name, gradient] of one.gradients) gradient.forEach((value, i) => (sums.get(name)![i]! += value));
    }
    expect([loss]).toBeAllclose([at.loss], F32_FORWARD);
    for (const [name, sum] of sums) expect(sum, name).toBeAllclose(at.gradients.get(name)!, F32_GRAD);
  });

  it('is the same to the bit twice', async () => {
    const adapter = await loadAdapter('llama3');
    const batch = batchOf(randomRows('twice', 4));
    const weights = tokenMeanWeights(batch);
    expect(await model.gradient(batch, adapter, weights)).toEqual(await model.gradient(batch, adapter, weights));
  });
});

describe('merged', () => {
  it('computes what the model with the adapter computes, and gives its memory back', async () => {
    const adapter = await loadAdapter('llama3');
    const batch = batchOf(randomRows('merged', 4));
    const before = engine.usage().residentBytes;
    const { model: merged, dispose } = await model.merged(adapter);
    const losses = await merged.rowLosses(batch);
    expect(losses).toBeAllclose(await model.rowLosses(batch, adapter), F32_FORWARD);
    expect(losses).not.toBeAllclose(await model.rowLosses(batch), { rtol: 1e-2, atol: 0 });
    await dispose();
    expect(engine.usage().residentBytes).toBe(before);
  });
});

describe('gradientProgram', () => {
  it('multiplies no matrix that the factors do not need: no gradient of a frozen weight', async () => {
    const rank = 3;
    const adapter = createAdapter(model.config, { rank, alpha: 6 }, 0);
    const batch = batchOf(randomRows('flops', 4));
    const factors = adapterTensors(adapter);
    const program = engine.compile('gradient', gradientProgram(model.config, adapter.scale, Object.keys(factors)));
    const cost = await program.cost({ ...model.inputs, ...factors, ...batchInputs(batch, tokenMeanWeights(batch)) });
    expect(cost!.matMulFlops).toBe(gradientFlops(model.config, batch, rank));
  });
});

/** Matrix products of a LoRA gradient, counted by hand: 2mnk each. */
function gradientFlops(config: ModelConfig, { batchSize, sequenceLength, targetIds }: Batch, rank: number): number {
  const numTokens = batchSize * sequenceLength;
  const attention = 2 * batchSize * config.numAttentionHeads * sequenceLength ** 2 * config.headDim;
  let flops = 0;
  for (let layer = 0; layer < config.numLayers; layer++) {
    for (const projection of projectionsOf(config)) {
      const [out, input] = projection.shape(config);
      const [dense, down, up] = [2 * numTokens * input * out, 2 * numTokens * input * rank, 2 * numTokens * rank * out];
      const forward = dense + down + up;
      // Nothing before the first layer's q, k and v is trained: their inputs need no gradient.
      const isFirst = layer === 0 && ['q_proj', 'k_proj', 'v_proj'].includes(projection.name);
      const factors = up + down + up; // of the low-rank activation, of A, of B
      flops += forward + factors + (isFirst ? 0 : dense + down);
    }
    flops += 2 * attention + 4 * attention; // scores and output; the gradients of weights, query, key and value
  }
  return flops + 2 * (2 * targetIds.length * config.vocabSize * config.hiddenSize); // logits at targets, and back
}
