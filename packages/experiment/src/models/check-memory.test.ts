import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/bundled';
import { ConfigError } from '@pharmacist/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDefense } from '../align/parse-defense.ts';
import { estimateMemory } from '../doctor/estimate-memory.ts';
import { CONFIG_NAMES } from '../doctor/what-would-fit.ts';
import { checkMemory, type CheckMemoryOptions, trainingWork } from './check-memory.ts';
import { parseMethod } from '../select/parse-method.ts';
import { methodWork } from './method-work.ts';
import { stepProgramOf } from './step-program.ts';
import { alignmentSettings } from '../train/settings.ts';

const TINY = bundledPath('models', 'tiny');

/** A model of eight billion parameters, of which config.json is there, and one with few of its layers. */
let large: string;
let shallow: string;
beforeAll(async () => {
  const shape = { vocab_size: 128_256, hidden_size: 4096, intermediate_size: 14_336, num_attention_heads: 32, num_key_value_heads: 8 };
  const config = { model_type: 'llama', ...shape, max_position_embeddings: 8192, torch_dtype: 'bfloat16' };
  const withLayers = async (numLayers: number) => {
    const folder = await mkdtemp(join(tmpdir(), 'check-memory-'));
    const fields = { num_hidden_layers: numLayers, tie_word_embeddings: false, rope_theta: 500_000, eos_token_id: 2 };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...fields }));
    return folder;
  };
  [large, shallow] = [await withLayers(32), await withLayers(4)];
});
afterAll(async () => {
  for (const folder of [large, shallow]) await rm(folder, { recursive: true });
});

const training = alignmentSettings.parse({});

it('refuses rows that the model cannot hold before it asks for memory, under the name that the user knows', async () => {
  const asked = [trainingWork(training, 1e12)];
  for (const [names, where] of [
    [undefined, '--max-length'],
    [CONFIG_NAMES, 'maxLength'],
  ] as const)
    await expect(checkMemory(TINY, asked, { model: 'tiny', ...(names && { names }) })).rejects.toMatchObject({
      where,
      message: '1000000000000 tokens exceed the 512 positions of the model tiny',
    });
});

it('refuses a LoRA of more ranks than the matrices of the model before it asks for memory', async () => {
  const wide = { ...training, lora: { ...training.lora, rank: 100_000 } };
  await expect(checkMemory(TINY, [trainingWork(wide, 256)], { model: 'tiny' })).rejects.toMatchObject({
    message: "a rank of 100000 exceeds the 192 numbers of the model's hidden state, the full rank of its matrices",
    hint: 'use at most 192, for instance 8',
  });
});

describe('memory', () => {
  it('of a model counts two bytes a number in matrices of sixteen bits', async () => {
    const { weightBytes, numParameters, isWide } = await estimateMemory(large, undefined, { batchSize: 1, maxLength: 8, loraRank: 8 });
    expect(numParameters).toBe(8_030_261_248);
    expect(isWide).toBe(false);
    expect(weightBytes / numParameters).toBeCloseTo(2, 3);
  });

  it('of a step grows with its rows, and is more with programs of more shapes', async () => {
    const bytesOf = async (work: 'forward' | 'influences' | 'training', batchSize: number) =>
      (await estimateMemory(TINY, work, { batchSize, maxLength: 64, loraRank: 8 })).activationBytes;
    const [one, four] = [await bytesOf('training', 1), await bytesOf('training', 4)];
    expect(four / one).toBeGreaterThan(2.5);
    expect(await bytesOf('influences', 4)).toBeGreaterThan(four);
    expect(await bytesOf('forward', 4)).toBeGreaterThan(await bytesOf('forward', 1));
  });

  it('of gradients and of a step grows with the rank of the LoRA', async () => {
    for (const work of ['influences', 'training'] as const) {
      const [usual, narrow, wide] = await Promise.all(
        [undefined, 8, 32].map(
          async (loraRank) => (await estimateMemory(TINY, work, { batchSize: 2, maxLength: 64, loraRank })).trainedBytes,
        ),
      );
      expect(usual).toBe(narrow);
      expect(wide).toBe(4 * narrow!);
    }
  });

  it('for a method that makes a short run is that of its steps: activations are made again where that makes room', async () => {
    const planned = async (options: Record<string, unknown>) =>
      await checkMemory(shallow, methodWork(parseMethod('el2n', options, {}), { batchSize: 1, maxLength: 128 }), {
        model: 'large',
        memoryBytes: 7e9,
      });
    expect(await planned({ steps: 0 })).toEqual({ recomputes: false });
    expect(await planned({ trainBatchSize: 20 })).toMatchObject({ recomputes: true });
    await expect(planned({ trainBatchSize: 60 })).rejects.toMatchObject({
      hint: expect.stringMatching(/^trainBatchSize of el2n: \d+ would fit; /) as string,
    });
  });

  it('of a step of a defense is that of its own largest program, where it names one', async () => {
    const sizes = { batchSize: 4, maxLength: 64, loraRank: 8 };
    const bytesOf = async (name: string) => {
      const { defense, config } = parseDefense(name, {});
      return (await estimateMemory(TINY, 'training', { ...sizes, stepProgram: stepProgramOf(defense, config) })).activationBytes;
    };
    expect(await bytesOf('sft')).toBe((await estimateMemory(TINY, 'training', sizes)).activationBytes);
    expect(await bytesOf('repnoise')).toBeGreaterThan(1.5 * (await bytesOf('sft')));
  });

  it('that is not there refuses the run before the model is read, with what would fit', async () => {
    await expect(checkMemory(TINY, [trainingWork(training, 256)], { model: 'tiny' })).resolves.toEqual({ recomputes: false });
    const refused = async (memoryBytes: number, { model = shallow, ...options }: Partial<CheckMemoryOptions> = {}) =>
      await checkMemory(model, [trainingWork(training, 256)], { model: 'large', memoryBytes, ...options }).then(
        () => expect.fail('no error'),
        (error: unknown) => error as ConfigError,
      );
    const weights = await refused(16e9, { model: large });
    expect(weights).toBeInstanceOf(ConfigError);
    expect(weights.message).toMatch(/^needs about 16\.\d GB of memory, 16\.1 GB of them weights, and this machine has 16\.0 GB$/);
    expect(weights.hint).toContain('its weights leave no room for a row: use a smaller model');
    expect(weights.hint).toContain('--allow-little-memory');
    const step = await refused(5.2e9);
    expect(step.message).toMatch(
      /^needs about 5\.\d GB of memory even if activations are made again, 3\.8 GB of them weights, and this machine has 5\.2 GB$/,
    );
    expect(step.hint).toMatch(/^--train-batch-size [1-9] would fit; --allow-little-memory begins all the same$/);
    const off = await refused(7e9, { recompute: 'off', names: CONFIG_NAMES });
    expect(off.message).not.toContain('made again');
    expect(off.hint).toBe('`recompute: auto` would fit; `allowLittleMemory: true` begins all the same');
  });

  it('lets values be made again where a run fits in no other way, or where that is asked for', async () => {
    const planned = async (options: Partial<CheckMemoryOptions>) =>
      await checkMemory(shallow, [trainingWork(training, 256)], { model: 'large', memoryBytes: 7e9, ...options });
    const { recomputes, reason } = await planned({});
    expect(recomputes).toBe(true);
    expect(reason).toMatch(/^activations are made again .* about 5\.\d GB of memory instead of 8\.\d GB, of the 7\.0 GB of this machine$/);
    expect(await planned({ memoryBytes: 100e9 })).toEqual({ recomputes: false });
    expect(await planned({ memoryBytes: 100e9, recompute: 'on' })).toEqual({ recomputes: true });
    expect(await planned({ recompute: 'off', allowsLittle: true })).toEqual({ recomputes: false });
    expect((await planned({ memoryBytes: 2e9, allowsLittle: true })).recomputes).toBe(true);
    const forward = { work: 'forward', batchSize: 1, maxLength: 64, loraRank: 8, batchOption: '--batch-size' } as const;
    expect(await checkMemory(shallow, [forward], { model: 'large', memoryBytes: 100e9, recompute: 'on' })).toEqual({ recomputes: false });
  });
});
