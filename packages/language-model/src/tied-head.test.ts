import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath, modelPath } from '@pharmacist/test-fixtures';
import { createEngine, type Engine, floats, type HostTensor } from '@pharmacist/tensor-kernels';
import { F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Golden } from '../test/support/fixture-model.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { readModelConfig } from './config.ts';
import { LanguageModel } from './language-model.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const EMBEDDING = 'model.embed_tokens.weight';
const HEAD = 'lm_head.weight';

/** A model of the llama form, whose head is its own, with a config.json that says the head is the embedding. */
let folder: string;
let stored: Map<string, HostTensor>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tied-head-'));
  await copyFile(modelPath('llama', 'model.safetensors'), join(folder, 'model.safetensors'));
  const config = JSON.parse(await readFile(modelPath('llama', 'config.json'), 'utf8')) as object;
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, tie_word_embeddings: true }));
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(bundledPath('models', 'tiny', name), join(folder, name));
  stored = (await readSafetensors(join(folder, 'model.safetensors'))).tensors;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function readStored() {
  await writeSafetensors(join(folder, 'model.safetensors'), stored);
  return await readCheckpoint(folder, await readModelConfig(folder));
}

describe('a head that is stored though config.json says tied', () => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name: 'onnx', numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  it('is used where it differs: losses are those of transformers with this head, and the model says so', async () => {
    const golden = await Golden.read('llama');
    const batch = golden.batch();
    const model = await LanguageModel.load(folder, engine);
    const sums = await model.rowLosses(batch);
    expect(sums.map((sum, b) => sum / batch.rowTargetCounts[b]!)).toBeAllclose(floats(golden.tensor('base.per_row_nll')), F32_FORWARD);
    expect(model.warnings).toContainEqual(expect.stringContaining('lm_head.weight is stored and differs'));
    await model.dispose();
  });

  it('differs by one number, and stays when the model is written again', async () => {
    stored.set(HEAD, { ...stored.get(EMBEDDING)!, data: stored.get(EMBEDDING)!.data.slice() });
    stored.get(HEAD)!.data[7]! += 2 ** -10;
    const read = await readStored();
    expect(read.config.tieWordEmbeddings).toBe(false);
    expect(read.weights).toEqual(stored);
    await writeCheckpoint(folder, await readModelConfig(folder), read.weights);
    const config = await readModelConfig(folder);
    expect(config.tieWordEmbeddings).toBe(false);
    expect((await readCheckpoint(folder, config)).weights).toEqual(stored);
  });

  it('is a copy where it equals the embedding, the sign of zero aside', async () => {
    stored.get(EMBEDDING)!.data[3] = 0;
    stored.set(HEAD, { ...stored.get(EMBEDDING)!, data: stored.get(EMBEDDING)!.data.slice() });
    stored.get(HEAD)!.data[3] = -0;
    const { config, weights } = await readStored();
    expect(config.tieWordEmbeddings).toBe(true);
    expect([...weights.keys()].toSorted()).toEqual([...stored.keys()].filter((name) => name !== HEAD).toSorted());
  });

  it('is the embedding where none is stored', async () => {
    const head = stored.get(HEAD);
    stored.delete(EMBEDDING);
    const { config, weights } = await readStored();
    expect(config.tieWordEmbeddings).toBe(true);
    expect([weights.get(EMBEDDING), weights.has(HEAD)]).toEqual([head, false]);
  });

  it('is refused where it has another shape or is not finite', async () => {
    const head = stored.get(HEAD)!;
    head.data[1] = NaN;
    await expect(readStored()).rejects.toThrow('weight "lm_head.weight" is NaN at index 1');
    const [rows, columns] = head.shape as [number, number];
    stored.set(HEAD, { shape: [rows - 1, columns], dtype: 'float32', data: new Float32Array((rows - 1) * columns) });
    await expect(readStored()).rejects.toThrow(`lm_head.weight is [${rows - 1}, ${columns}], config.json says [${rows}, ${columns}]`);
  });

  it('does not excuse that both are missing', async () => {
    stored.delete(EMBEDDING);
    stored.delete(HEAD);
    await expect(readStored()).rejects.toThrow('model.embed_tokens.weight is missing');
  });
});
