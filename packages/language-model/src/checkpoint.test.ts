import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckpoint, type TakeWeight, visitWeights, weightFiles, writeCheckpoint } from './checkpoint.ts';
import { expectedShapes } from './decoder/weight-shapes.ts';
import { parseModelConfig, readModelConfig, type ModelConfig } from './config.ts';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { KnownFiles } from './known-files.ts';
import { readSafetensors, type SafetensorsFile, writeSafetensors } from './safetensors.ts';

function tinyConfig(fields: object = {}): ModelConfig {
  return parseModelConfig(
    {
      model_type: 'llama',
      vocab_size: 8,
      hidden_size: 4,
      intermediate_size: 6,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      tie_word_embeddings: true,
      eos_token_id: 2,
      ...fields,
    },
    'config.json',
  );
}

/** Distinct multiples of 1/8: exact in every dtype. */
function weightsFor(config: ModelConfig): Map<string, HostTensor> {
  let next = 0;
  return new Map(
    [...expectedShapes(config)].map(([name, shape]) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      return [name, { shape, dtype: 'float32', data: Float32Array.from({ length }, () => (next++ % 64) / 8 - 4) }];
    }),
  );
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('names and shapes', () => {
  it('are those of the Hugging Face state dict', () => {
    expect(Object.fromEntries(expectedShapes(tinyConfig({ tie_word_embeddings: false })))).toEqual({
      'model.embed_tokens.weight': [8, 4],
      'model.layers.0.input_layernorm.weight': [4],
      'model.layers.0.self_attn.q_proj.weight': [4, 4],
      'model.layers.0.self_attn.k_proj.weight': [2, 4],
      'model.layers.0.self_attn.v_proj.weight': [2, 4],
      'model.layers.0.self_attn.o_proj.weight': [4, 4],
      'model.layers.0.post_attention_layernorm.weight': [4],
      'model.layers.0.mlp.gate_proj.weight': [6, 4],
      'model.layers.0.mlp.up_proj.weight': [6, 4],
      'model.layers.0.mlp.down_proj.weight': [4, 6],
      'model.norm.weight': [4],
      'lm_head.weight': [8, 4],
    });
  });

  it('have q, k and v biases in Qwen2 only', () => {
    const biases = [...expectedShapes(tinyConfig({ model_type: 'qwen2' }))].filter(([name]) => name.endsWith('.bias'));
    expect(biases).toEqual([
      ['model.layers.0.self_attn.q_proj.bias', [4]],
      ['model.layers.0.self_attn.k_proj.bias', [2]],
      ['model.layers.0.self_attn.v_proj.bias', [2]],
    ]);
  });
});

describe('round trip', () => {
  it.each(['F32', 'BF16', 'F16'] as const)('%s', async (dtype) => {
    const config = tinyConfig();
    const weights = weightsFor(config);
    await writeCheckpoint(folder, config, weights, { dtype });
    const read = await readCheckpoint(folder, await readModelConfig(folder));
    expect(read.weights).toEqual(weights);
    const again = await readCheckpoint(folder, config);
    expect(again.contentHash).toBe(read.contentHash);
    expect(read.contentHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('the hash changes with one weight', async () => {
    const config = tinyConfig();
    const weights = weightsFor(config);
    await writeCheckpoint(folder, config, weights);
    const before = await readCheckpoint(folder, config);
    weights.get('model.norm.weight')!.data[0]! += 1;
    await writeCheckpoint(folder, config, weights);
    expect((await readCheckpoint(folder, config)).contentHash).not.toBe(before.contentHash);
  });

  it('drops a stored copy of tied embeddings', async () => {
    const config = tinyConfig();
    const weights = weightsFor(config);
    await writeSafetensors(join(folder, 'model.safetensors'), new Map([...weights, ['lm_head.weight', weights.get('model.embed_tokens.weight')!]])); // prettier-ignore
    expect((await readCheckpoint(folder, config)).weights).toEqual(weights);
  });
});

describe('variants and other forms', () => {
  it('a copy in fewer bits is read where there is no other', async () => {
    const config = tinyConfig();
    await writeSafetensors(join(folder, 'model.fp16.safetensors'), weightsFor(config), { dtype: 'F16' });
    expect((await readCheckpoint(folder, config)).weights).toEqual(weightsFor(config));
    expect(await weightFiles(folder)).toEqual(['model.fp16.safetensors']);
    await writeSafetensors(join(folder, 'model.safetensors'), weightsFor(config));
    expect(await weightFiles(folder)).toEqual(['model.safetensors']);
  });

  it("its maker's own form is named", async () => {
    await writeFile(join(folder, 'consolidated.safetensors'), '');
    await expect(readCheckpoint(folder, tinyConfig())).rejects.toMatchObject({
      message: 'has neither model.safetensors nor model.safetensors.index.json, only consolidated.safetensors',
      hint: "that file has its maker's own names: take model.safetensors, or the shards and their index, of the same model",
    });
  });
});

describe('shards', () => {
  async function writeShards(files: Record<string, string[]>, weightMap?: Record<string, string>): Promise<ModelConfig> {
    const config = tinyConfig();
    const weights = weightsFor(config);
    const map: Record<string, string> = {};
    for (const [file, names] of Object.entries(files)) {
      await writeSafetensors(join(folder, file), new Map(names.map((name) => [name, weights.get(name)!])));
      for (const name of names) map[name] = file;
    }
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap ?? map }));
    return config;
  }
  const names = [...expectedShapes(tinyConfig()).keys()];

  it('are joined', async () => {
    const config = await writeShards({ 'model-00001-of-00002.safetensors': names.slice(0, 4), 'model-00002-of-00002.safetensors': names.slice(4) }); // prettier-ignore
    expect((await readCheckpoint(folder, config)).weights).toEqual(weightsFor(config));
  });

  it.each(['../outside.safetensors', '/outside.safetensors', 'a/../../outside.safetensors', '..\\outside.safetensors', ''])(
    'may not lie at %j',
    async (file) => {
      await mkdir(join(folder, 'a'));
      const config = await writeShards({}, { 'model.norm.weight': file });
      await expect(readCheckpoint(folder, config)).rejects.toThrow(`names the shard ${JSON.stringify(file)}`);
    },
  );

  it('may not hold one weight twice', async () => {
    const config = await writeShards({ 'a.safetensors': names, 'b.safetensors': ['model.norm.weight'] });
    await writeFile(
      join(folder, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: { a: 'a.safetensors', b: 'b.safetensors' } }),
    );
    await expect(readCheckpoint(folder, config)).rejects.toThrow('model.norm.weight is in two shards');
  });

  it('that are missing are named', async () => {
    const config = await writeShards({}, { 'model.norm.weight': 'gone.safetensors' });
    await expect(readCheckpoint(folder, config)).rejects.toMatchObject({ code: 'E_FILE', where: join(folder, 'gone.safetensors') });
  });
});

describe('weights that do not fit', () => {
  it('are listed all at once', async () => {
    const config = tinyConfig();
    const weights = weightsFor(config);
    weights.delete('model.norm.weight');
    weights.set('model.layers.0.self_attn.k_proj.weight', { shape: [4, 4], dtype: 'float32', data: new Float32Array(16) });
    weights.set('model.layers.1.mlp.up_proj.weight', { shape: [1], dtype: 'float32', data: new Float32Array(1) });
    await writeSafetensors(join(folder, 'model.safetensors'), weights);
    await expect(readCheckpoint(folder, config)).rejects.toMatchObject({
      code: 'E_MODEL',
      where: folder,
      details: {
        problems: [
          'model.layers.0.self_attn.k_proj.weight is [4, 4], config.json says [2, 4]',
          'model.norm.weight is missing',
          'model.layers.1.mlp.up_proj.weight is not expected',
        ],
      },
    });
    await expect(writeCheckpoint(join(folder, 'out'), config, weights)).rejects.toThrow('model.norm.weight is missing');
    await expect(readFile(join(folder, 'out', 'config.json'))).rejects.toThrow('ENOENT');
  });

  it.each([NaN, Infinity, -Infinity])('%f is found', async (value) => {
    const config = tinyConfig();
    const weights = weightsFor(config);
    weights.get('model.layers.0.mlp.up_proj.weight')!.data[5] = value;
    await writeCheckpoint(folder, config, weights);
    await expect(readCheckpoint(folder, config)).rejects.toThrow(`weight "model.layers.0.mlp.up_proj.weight" is ${value} at index 5`);
  });

  it('a directory without weights', async () => {
    await expect(readCheckpoint(folder, tinyConfig())).rejects.toThrow('has neither model.safetensors nor');
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    await expect(readCheckpoint(folder, tinyConfig())).rejects.toMatchObject({
      hint: 'save the model with safe_serialization=True in transformers',
    });
  });
});

describe('a file of weights that was read before', () => {
  const choose = (files: readonly SafetensorsFile[]) =>
    new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file])));
  const take: TakeWeight = async () => {};
  let dir: string;
  let path: string;
  let known: KnownFiles;
  beforeEach(async () => {
    dir = join(folder, 'model');
    path = join(dir, 'model.safetensors');
    known = new KnownFiles({ dir: join(folder, 'cache'), minBytes: 1, now: () => Date.now() + 60_000 });
    await writeCheckpoint(dir, tinyConfig(), weightsFor(tinyConfig()));
  });
  /** The last number of the file. */
  async function overwrite(value: number): Promise<void> {
    await setTimeout(20);
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    await file.write(new Uint8Array(Float32Array.of(value).buffer), 0, 4, size - 4);
    await file.close();
  }

  it('gives the same weights and hash, and is not hashed', async () => {
    const hash = await visitWeights(dir, choose, take, known);
    const names: string[] = [];
    const again = async () => await visitWeights(dir, choose, async (name) => void names.push(name), known);
    expect(await again()).toBe(hash);
    expect(names.toSorted()).toEqual([...weightsFor(tinyConfig()).keys()].toSorted());
    const entry = join(folder, 'cache', (await readdir(join(folder, 'cache')))[0]!);
    await writeFile(entry, (await readFile(entry, 'utf8')).replace(/"sha256": "[^"]*"/, `"sha256": "${'0'.repeat(64)}"`));
    expect(await again()).not.toBe(hash);
  });

  it('is hashed and looked through again when a number of it changed', async () => {
    const hash = await visitWeights(dir, choose, take, known);
    await overwrite(2);
    const changed = await visitWeights(dir, choose, take, known);
    expect(changed).not.toBe(hash);
    expect(changed).toBe(await visitWeights(dir, choose, take, new KnownFiles({ dir: join(folder, 'none') })));
    await overwrite(NaN);
    await expect(visitWeights(dir, choose, take, known)).rejects.toThrow('is NaN at index');
  });

  it('is looked through again where other weights of it are wanted', async () => {
    await overwrite(NaN);
    const without = (files: readonly SafetensorsFile[]) => new Map([...choose(files)].filter(([name]) => name !== last));
    const { tensors } = await readSafetensors(path);
    const last = [...tensors].find(([, { data }]) => Number.isNaN(data.at(-1)))![0];
    await visitWeights(dir, without, take, known);
    await visitWeights(dir, without, take, known);
    await expect(visitWeights(dir, choose, take, known)).rejects.toThrow('is NaN at index');
  });

  it('must not change while it is read', async () => {
    await visitWeights(dir, choose, take, known);
    await expect(visitWeights(dir, choose, async () => await overwrite(2), known)).rejects.toThrow('changed while it was read');
  });
});
