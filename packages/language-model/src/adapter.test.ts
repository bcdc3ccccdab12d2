import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { float32 } from '@pharmacist/tensor-kernels';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAdapter, readAdapterTemplate, writeAdapter } from './adapter.ts';
import { readModelConfig } from './config.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const MODELS = join(dirname(fileURLToPath(import.meta.url)), '../../../test-fixtures/models');
const PEFT_ADAPTER = join(MODELS, 'llama/adapter');
const KEY = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapter-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The adapter that PEFT wrote, with some options changed. */
async function withOptions(options: object): Promise<void> {
  await cp(PEFT_ADAPTER, folder, { recursive: true });
  const path = join(folder, 'adapter_config.json');
  await writeFile(path, JSON.stringify({ ...(JSON.parse(await readFile(path, 'utf8')) as object), ...options }));
}

describe('adapters that PEFT wrote', () => {
  it.each(['llama', 'llama-sharded', 'llama3', 'mistral', 'qwen2', 'qwen2-f16', 'smollm'])('%s', async (name) => {
    const config = await readModelConfig(join(MODELS, name));
    const dir = join(MODELS, name, 'adapter');
    const adapter = await readAdapter(dir, config);
    const { tensors } = await readSafetensors(join(dir, 'adapter_model.safetensors'));
    expect(adapter.factors.size * 2).toBe(tensors.size);
    for (const [module, { a, b }] of adapter.factors) {
      expect(a).toEqual(tensors.get(`base_model.model.${module}.lora_A.weight`));
      expect(b).toEqual(tensors.get(`base_model.model.${module}.lora_B.weight`));
    }
    expect(adapter.scale).toBe(adapter.alpha / adapter.rank);
  });

  it('are written back with the same weight bytes', async () => {
    const adapter = await readAdapter(PEFT_ADAPTER, await readModelConfig(join(MODELS, 'llama')));
    await writeAdapter(folder, adapter);
    const [ours, theirs] = await Promise.all([folder, PEFT_ADAPTER].map((dir) => readFile(join(dir, 'adapter_model.safetensors'))));
    expect(ours!.equals(theirs!)).toBe(true);
    expect(await readAdapter(folder, await readModelConfig(join(MODELS, 'llama')))).toEqual(adapter);
    const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ peft_type: 'LORA', r: adapter.rank, lora_alpha: adapter.alpha, use_rslora: false, bias: 'none' });
  });
});

describe('scale', () => {
  it('is alpha / sqrt(rank) in the rank-stabilised form, and stays so', async () => {
    await withOptions({ use_rslora: true, lora_alpha: 8, r: 4 });
    const config = await readModelConfig(join(MODELS, 'llama'));
    const adapter = await readAdapter(folder, config);
    expect(adapter.scale).toBe(4);
    await writeAdapter(join(folder, 'copy'), adapter);
    expect((await readAdapter(join(folder, 'copy'), config)).scale).toBe(4);
  });

  it('that PEFT cannot express is refused', async () => {
    const adapter = await readAdapter(PEFT_ADAPTER, await readModelConfig(join(MODELS, 'llama')));
    await expect(writeAdapter(folder, { ...adapter, scale: 0.123 })).rejects.toMatchObject({ code: 'E_INTERNAL' });
  });
});

describe('modules with ranks and scales of their own', () => {
  const config = async () => await readModelConfig(join(MODELS, 'llama'));
  const module = 'model.layers.0.self_attn.q_proj';

  it('have the scale in their B, and go to PEFT and back as they are', async () => {
    await withOptions({ alpha_pattern: { 'layers.0.self_attn.q_proj': 3 } });
    const [adapter, plain] = [await readAdapter(folder, await config()), await readAdapter(PEFT_ADAPTER, await config())];
    const ratio = 3 / plain.alpha;
    for (const [name, { a, b }] of plain.factors) {
      const factor = name === module ? ratio : 1;
      expect(adapter.factors.get(name)!.a).toEqual(a);
      expect([...adapter.factors.get(name)!.b.data]).toEqual([...b.data].map((value) => Math.fround(value * factor)));
    }
    await writeAdapter(join(folder, 'copy'), adapter);
    expect(await readAdapter(join(folder, 'copy'), await config())).toEqual(adapter);
  });

  it.each([false, true])('are written with patterns, rank-stabilised: %s', async (isStabilised) => {
    const [from, target] = [await readAdapter(PEFT_ADAPTER, await config()), join(folder, 'copy')];
    const wide = { a: float32([9, 32], new Float32Array(9 * 32).fill(0.5)), b: float32([32, 9], new Float32Array(9 * 32).fill(0.25)) };
    const scale = isStabilised ? from.alpha / Math.sqrt(from.rank) : from.scale;
    const targetModules = [module, 'model.layers.1.mlp.up_proj'];
    const factors = new Map([[module, wide], [targetModules[1]!, from.factors.get(targetModules[1]!)!]]); // prettier-ignore
    const adapter = { ...from, scale, targetModules, factors, template: { name: 'chat', sourceHash: 'abc' }, baseModelRevision: 'def' };
    await writeAdapter(target, adapter);
    expect(await readAdapter(target, await config())).toEqual(adapter);
    expect(await readAdapterTemplate(target)).toEqual(adapter.template);
    expect(await readAdapterTemplate(PEFT_ADAPTER)).toBeUndefined();
  });
});

describe('adapters that are refused', () => {
  const cases: [string, object, string][] = [
    ['another method', { peft_type: 'IA3' }, 'peft_type is "IA3"; supported: LORA'],
    ['DoRA', { use_dora: true }, 'use_dora is true'],
    ['a rank that its weights do not have', { rank_pattern: { q_proj: 2 } }, `${KEY} is [4, 32], this model needs [2, 32]`],
    ['alphas that are none', { alpha_pattern: { q_proj: 'high' } }, 'alpha_pattern.q_proj'],
    ['whole modules', { modules_to_save: ['lm_head'] }, 'modules_to_save is ["lm_head"]'],
    ['biases', { bias: 'all' }, 'bias is "all"; supported: none'],
    ['an unknown projection', { target_modules: ['q_proj', 'embed_tokens'] }, 'embed_tokens'],
    ['a pattern for other weights', { target_modules: '.*v_proj' }, `${KEY} is not expected`],
    ['a base model that was changed', { init_lora_weights: 'pissa' }, 'init_lora_weights is "pissa"'],
    ['another rank than its weights', { r: 3 }, `${KEY} is [4, 32], this model needs [3, 32]`],
    ['fewer targets than weights', { target_modules: ['v_proj'] }, `${KEY} is not expected`],
  ];
  it.each(cases)('%s', async (_, options, message) => {
    await withOptions(options);
    const config = await readModelConfig(join(MODELS, 'llama'));
    await expect(readAdapter(folder, config)).rejects.toMatchObject({ code: 'E_MODEL', message: expect.stringContaining(message) });
  });

  it('of another base model', async () => {
    const config = await readModelConfig(join(MODELS, 'llama'));
    await expect(readAdapter(PEFT_ADAPTER, { ...config, hiddenSize: 40 })).rejects.toThrow('does not fit the base model');
    await expect(readAdapter(PEFT_ADAPTER, { ...config, numLayers: 3 })).rejects.toThrow(
      'layers.2.self_attn.q_proj.lora_A.weight is missing',
    );
  });

  it('with a NaN', async () => {
    await withOptions({});
    const path = join(folder, 'adapter_model.safetensors');
    const { tensors } = await readSafetensors(path);
    tensors.get(KEY)!.data[7] = NaN;
    await writeSafetensors(path, tensors);
    await expect(readAdapter(folder, await readModelConfig(join(MODELS, 'llama')))).rejects.toThrow(`weight "${KEY}" is NaN at index 7`);
  });

  it('with a part missing', async () => {
    const config = await readModelConfig(join(MODELS, 'llama'));
    await expect(readAdapter(folder, config)).rejects.toThrow('has no adapter_config.json');
    await expect(readAdapter(join(folder, 'nowhere'), config)).rejects.toThrow('does not exist');
  });
});
