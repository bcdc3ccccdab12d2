import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import { bundledPath } from '@pharmacist/test-fixtures';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { runReadmeExample } from '@pharmacist/tooling/vitest/readme-example';
import { expect, it } from 'vitest';
import { writeCheckpoint } from './checkpoint.ts';
import { expectedShapes } from './decoder/weight-shapes.ts';
import { parseModelConfig } from './config.ts';

/** A small random model with the bundled tokenizer. */
async function writeRandomModel(dir: string): Promise<void> {
  const fields = {
    vocab_size: 4096,
    hidden_size: 32,
    intermediate_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    eos_token_id: 2,
  };
  const config = parseModelConfig({ model_type: 'llama', tie_word_embeddings: true, ...fields }, 'config.json');
  const random = new Random('readme');
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of expectedShapes(config)) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => (name.includes('norm') ? 1 : 0.2 * random.normal()));
    weights.set(name, { shape, dtype: 'float32', data });
  }
  await mkdir(dir);
  await writeCheckpoint(dir, config, weights);
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(bundledPath('models', 'tiny', file), join(dir, file));
}

it('runs the README example', async () => {
  const home = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-readme-'));
  await writeRandomModel(join(folder, 'my-model'));
  process.chdir(folder);
  try {
    const { printed } = await runReadmeExample(import.meta.url);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^loss [0-3]\.\d\d:  Blue\.$/); // from ln 4096 = 8.3
    expect(JSON.parse(await readFile('my-adapter/adapter_config.json', 'utf8'))).toMatchObject({ r: 8, lora_alpha: 16 });
  } finally {
    process.chdir(home);
    await rm(folder, { recursive: true });
  }
});
