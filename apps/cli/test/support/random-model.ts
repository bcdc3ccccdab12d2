import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '@pharmacist/core';
import { expectedShapes, parseModelConfig, writeCheckpoint } from '@pharmacist/language-model';
import { float32 } from '@pharmacist/tensor-kernels';
import { bundledPath } from '@pharmacist/test-fixtures';

/** Writes a model directory with seeded random weights, a few thousandths of the work of the bundled model, and the bundled tokenizer. */
export async function writeRandomModel(dir: string, { maxPositions = 512 } = {}): Promise<string> {
  await mkdir(dir, { recursive: true });
  const config = parseModelConfig(
    {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      vocab_size: 4096,
      hidden_size: 32,
      intermediate_size: 64,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      max_position_embeddings: maxPositions,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      tie_word_embeddings: true,
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 0,
    },
    'config.json',
  );
  const random = new Random('random model');
  const weights = [...expectedShapes(config)].map(([name, shape]) => {
    const stream = random.split(name);
    const length = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length }, () => (name.includes('norm') ? 1 : 0.05 * stream.normal()));
    return [name, float32(shape, values)] as const;
  });
  await writeCheckpoint(dir, config, new Map(weights));
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) await cp(bundledPath('models', 'tiny', file), join(dir, file));
  return dir;
}
