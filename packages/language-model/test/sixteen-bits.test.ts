import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, sha256OfFile } from '@pharmacist/core';
import { createEngine, floats, type HalfTensor, type HostTensor } from '@pharmacist/tensor-kernels';
import { bundledPath } from '@pharmacist/test-fixtures';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoraAdapter } from '../src/adapter.ts';
import { readCheckpoint, visitCheckpoint, writeCheckpoint } from '../src/checkpoint.ts';
import { collate } from '../src/collate.ts';
import { readModelConfig } from '../src/config.ts';
import { generate } from '../src/generate/generate.ts';
import { LanguageModel } from '../src/language-model.ts';
import { createAdapter } from '../src/lora.ts';
import { tokenMeanWeights } from '../src/loss.ts';
import { SafetensorsFile } from '../src/safetensors.ts';
import { Tokenizer } from '../src/tokenizer.ts';

const TINY = bundledPath('models', 'tiny');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sixteen-bits-'));
  const config = await readModelConfig(TINY);
  const { weights } = await readCheckpoint(TINY, config);
  for (const dtype of ['BF16', 'F16'] as const) {
    await cp(TINY, join(folder, dtype), { recursive: true });
    await writeCheckpoint(join(folder, dtype), config, weights, { dtype });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** LoRA on all projections whose second factors are not zero. */
async function adapterFor(dir: string): Promise<LoraAdapter> {
  const adapter = createAdapter(await readModelConfig(dir), { rank: 4, alpha: 8 }, 0);
  const random = new Random(0);
  for (const { b } of adapter.factors.values()) floats(b).forEach((_, i) => (floats(b)[i] = 0.1 * random.normal()));
  return adapter;
}

/** What a model says of three rows: losses, the gradient of a step, and an answer, alone and with the adapter merged. */
async function resultsOf(model: LanguageModel, dir: string) {
  const adapter = await adapterFor(dir);
  const rows = ['one two', 'the answer is longer than that', 'no'].map((text) => {
    const inputIds = Int32Array.from([...model.tokenizer.encode(text), ...model.tokenizer.encode(' and so on')]);
    return { inputIds, numPromptTokens: 2, truncated: false, hasTargets: true };
  });
  const batch = collate(rows, { padId: 0, lengthBuckets: [16], batchSize: 3 });
  const { loss, rowLosses, gradients } = await model.gradient(batch, adapter, tokenMeanWeights(batch));
  const merged = await model.merged(adapter);
  const mergedLosses = await merged.model.rowLosses(batch);
  await merged.dispose();
  const answersOf = async (asked: LanguageModel) => await generate(asked, [rows[0]!.inputIds.slice(0, 3)], { maxNewTokens: 8 });
  return {
    loss,
    rowLosses,
    gradients,
    plain: await model.rowLosses(batch),
    answers: await answersOf(model),
    mergedLosses,
  };
}

describe.each(['BF16', 'F16'])('a file of %s', (dtype) => {
  it('gives the bits that its numbers give as f32, and takes half of the memory', async () => {
    const dir = join(folder, dtype);
    const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
    try {
      const model = await LanguageModel.load(dir, engine);
      const residentBytes = engine.usage().residentBytes;
      const results = await resultsOf(model, dir);
      await model.dispose();

      const { config, weights, contentHash } = await readCheckpoint(dir, await readModelConfig(dir));
      const matrixBytes = [...weights.values()].reduce((sum, { shape, data }) => sum + (shape.length > 1 ? data.byteLength : 0), 0);
      const fields = { config, tokenizer: await Tokenizer.load(dir), engine, name: 'wide', contentHash };
      const wide = await LanguageModel.fromWeights(fields, weights);
      expect(engine.usage().residentBytes - residentBytes).toBe(matrixBytes / 2);
      expect(results).toEqual(await resultsOf(wide, dir));
      expect(contentHash).toBe(model.contentHash);
    } finally {
      await engine.dispose();
    }
  });

  it('is widened by an engine that computes at once', async () => {
    const dir = join(folder, dtype);
    const { engine } = await createEngine({ name: 'tfjs-cpu' });
    try {
      const model = await LanguageModel.load(dir, engine);
      const name = 'model.layers.0.mlp.up_proj.weight';
      const { weights } = await readCheckpoint(dir, await readModelConfig(dir));
      const compiled = engine.compile('weight', (inputs) => ({ weight: inputs[name]! }));
      expect((await compiled.run(model.inputs))['weight']).toEqual(weights.get(name));
    } finally {
      await engine.dispose();
    }
  });

  it('is read once: weights as they are stored, one by one, and the hash of the file', async () => {
    const path = join(folder, dtype, 'model.safetensors');
    const file = await SafetensorsFile.open(path);
    const taken: [string, HostTensor | HalfTensor][] = [];
    const hash = await file.readAll(async (name, tensor) => {
      taken.push([name, tensor]);
    });
    await file.close();
    expect(hash).toBe(await sha256OfFile(path));
    expect(taken.map(([name]) => name).toSorted()).toEqual([...file.tensors.keys()].toSorted());
    expect(new Set(taken.map(([, tensor]) => tensor.dtype))).toEqual(new Set([dtype === 'BF16' ? 'bfloat16' : 'float16']));
  });
});

it('keeps adapters beneath what is trained where their sums with weights would be much, and gives what those give', async () => {
  const dir = join(folder, 'BF16');
  const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
  try {
    const half = await LanguageModel.load(dir, engine);
    const [first, trained] = [await adapterFor(dir), await adapterFor(dir)];
    const second = createAdapter(half.config, { rank: 2, alpha: 6 }, 'second');
    for (const { b } of second.factors.values()) floats(b).fill(0.05);
    const inputIds = Int32Array.from(half.tokenizer.encode('the answer is longer than that'));
    const rows = [{ inputIds, numPromptTokens: 2, truncated: false, hasTargets: true }];
    const batch = collate(rows, { padId: 0, lengthBuckets: [16], batchSize: 1 });
    const resultsWith = async (model: LanguageModel, options = {}) => {
      const before = engine.usage().residentBytes;
      const once = await model.merged(first, options);
      const twice = await once.model.merged(second, options);
      const bytes = engine.usage().residentBytes - before;
      const step = await twice.model.gradient(batch, trained, tokenMeanWeights(batch));
      const plain = await twice.model.rowLosses(batch);
      const [answer] = await generate(twice.model, [inputIds.slice(0, 3)], { maxNewTokens: 8, adapter: trained });
      const hash = twice.model.contentHash;
      await twice.dispose();
      await once.dispose();
      expect(engine.usage().residentBytes).toBe(before);
      return { bytes, step, plain, ids: answer!.ids, hash };
    };
    const [kept, added] = [await resultsWith(half, { mostBytes: 0 }), await resultsWith(half)];
    expect(kept.plain).toBeAllclose(added.plain, F32_FORWARD);
    expect(kept.plain).not.toBeAllclose(await half.rowLosses(batch), { rtol: 1e-3, atol: 0 });
    for (const [name, gradient] of kept.step.gradients) expect(gradient, name).toBeAllclose(added.step.gradients.get(name)!, F32_GRAD);
    expect(kept.ids).toEqual(added.ids);
    expect(kept.hash).toBe(added.hash);
    expect(kept.bytes).toBeLessThan(added.bytes / 4);
  } finally {
    await engine.dispose();
  }
});

it('gives resident weights back when one of the file is damaged', async () => {
  const dir = join(folder, 'BF16');
  const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
  try {
    const config = await readModelConfig(dir);
    const loading = LanguageModel.fromVisit({ tokenizer: await Tokenizer.load(dir), engine, name: 'damaged' }, async (take) => {
      let numTaken = 0;
      return await visitCheckpoint(dir, config, async (name, tensor) => {
        if (++numTaken === 5) throw new Error('damaged');
        await take(name, tensor);
      });
    });
    await expect(loading).rejects.toThrow('damaged');
    expect(engine.usage()).toMatchObject({ residentTensors: 0, residentBytes: 0 });
  } finally {
    await engine.dispose();
  }
});
