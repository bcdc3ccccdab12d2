import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundledPath } from '@pharmacist/bundled';
import { ConfigError } from '@pharmacist/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateMemory } from '../doctor/estimate-memory.ts';
import { checkMemory, trainingWork } from './check-memory.ts';
import { alignmentSettings } from '../train/settings.ts';

const TINY = bundledPath('models', 'tiny');

let large: string;
/** A model of eight billion parameters, of which config.json is there. */
beforeAll(async () => {
  large = await mkdtemp(join(tmpdir(), 'check-memory-'));
  const shape = { vocab_size: 128_256, hidden_size: 4096, intermediate_size: 14_336, num_hidden_layers: 32, num_attention_heads: 32 };
  const config = { model_type: 'llama', ...shape, num_key_value_heads: 8, max_position_embeddings: 8192, torch_dtype: 'bfloat16' };
  await writeFile(
    join(large, 'config.json'),
    JSON.stringify({ ...config, tie_word_embeddings: false, rope_theta: 500_000, eos_token_id: 2 }),
  );
});
afterAll(() => rm(large, { recursive: true }));

const training = alignmentSettings.parse({});

describe('memory', () => {
  it('of a model counts two bytes a number in matrices of sixteen bits', async () => {
    const { weightBytes, numParameters, isWide } = await estimateMemory(large, undefined, { batchSize: 1, maxLength: 8, loraRank: 8 });
    expect(numParameters).toBe(8_030_261_248);
    expect(isWide).toBe(false);
    expect(weightBytes / numParameters).toBeCloseTo(2, 3);
  });

  it('of a step grows with its rows, of forward passes least', async () => {
    const bytesOf = async (work: 'forward' | 'influences' | 'training', batchSize: number) =>
      (await estimateMemory(TINY, work, { batchSize, maxLength: 64, loraRank: 8 })).activationBytes;
    const [forward, one, four] = [await bytesOf('forward', 4), await bytesOf('training', 1), await bytesOf('training', 4)];
    expect(forward).toBeLessThan(four);
    expect(four / one).toBeGreaterThan(2.5);
    expect(await bytesOf('influences', 4)).toBeGreaterThan(forward);
  });

  it('that is not there refuses the run before the model is read, with what would fit', async () => {
    await expect(checkMemory(TINY, trainingWork(training, 256), { model: 'tiny' })).resolves.toBeUndefined();
    const refused = async (memoryBytes: number) =>
      await checkMemory(large, trainingWork(training, 64), { model: 'large', memoryBytes }).then(
        () => expect.fail('no error'),
        (error: unknown) => error as ConfigError,
      );
    const weights = await refused(16e9);
    expect(weights).toBeInstanceOf(ConfigError);
    expect(weights.message).toMatch(/^needs about 16\.\d GB of memory, 16\.1 GB of them weights, and this machine has 16\.0 GB$/);
    expect(weights.hint).toContain('its weights leave no room for a row: use a smaller model');
    expect(weights.hint).toContain('--allow-little-memory');
    const step = await refused(20e9);
    expect(step.hint).toMatch(/^--train-batch-size [1-9] would fit/);
  });
});
