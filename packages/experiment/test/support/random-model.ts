import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import { expectedShapes, parseModelConfig, writeCheckpoint } from '@pharmacist/language-model';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { bundledPath } from '@pharmacist/test-fixtures';

/** Writes a random model of one small layer with the bundled tokenizer; `poison` becomes its first weight. */
export async function writeRandomModel(dir: string, { poison }: { poison?: number } = {}): Promise<string> {
  const fields = {
    vocab_size: 4096,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 128,
    eos_token_id: 2,
  };
  const config = parseModelConfig({ model_type: 'llama', tie_word_embeddings: true, ...fields }, 'config.json');
  const random = new Random('model');
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of expectedShapes(config)) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: size }, () => (name.includes('norm') ? 1 : 0.2 * random.normal()));
    if (poison !== undefined && weights.size === 0) data[0] = poison;
    weights.set(name, { shape, dtype: 'float32', data });
  }
  await mkdir(dir, { recursive: true });
  await writeCheckpoint(dir, config, weights);
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) await copyFile(bundledPath('models', 'tiny', file), join(dir, file));
  return dir;
}
