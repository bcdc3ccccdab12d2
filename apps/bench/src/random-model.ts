import { Random } from '@pharmacist/core';
import {
  type Batch,
  collate,
  createAdapter,
  expectedShapes,
  LanguageModel,
  type ModelConfig,
  type LoraAdapter,
  parseModelConfig,
  Tokenizer,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { type Engine, float32, floats, type HostTensor, sizeOf } from '@pharmacist/tensor-kernels';
import { bundledPath } from '@pharmacist/test-fixtures';
import type { SHAPE_15M } from './shapes.ts';

export function llamaConfig(shape: typeof SHAPE_15M): ModelConfig {
  return parseModelConfig(
    {
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      ...shape,
      tie_word_embeddings: true,
      max_position_embeddings: 512,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
    },
    'bench',
  );
}

/** Seeded weights whose activations keep their size: embedding N(0, 0.05), linear N(0, 1/in), norms 1. */
export function randomWeights(config: ModelConfig, seed: number | string): Map<string, HostTensor> {
  const weights = new Map<string, HostTensor>();
  for (const [name, shape] of expectedShapes(config)) {
    if (shape.length === 1) {
      weights.set(name, float32(shape, new Float32Array(sizeOf(shape)).fill(1)));
      continue;
    }
    const scale = name === 'model.embed_tokens.weight' ? 0.05 : 1 / Math.sqrt(shape[1]!);
    weights.set(name, float32(shape, normals(sizeOf(shape), scale, new Random(seed).split(name))));
  }
  return weights;
}

/** A model of random weights; its tokenizer only pads. */
export async function randomModel(config: ModelConfig, weights: Map<string, HostTensor>, engine: Engine): Promise<LanguageModel> {
  const tokenizer = await Tokenizer.load(bundledPath('models', 'tiny'));
  return await LanguageModel.fromWeights({ config, tokenizer, engine, name: 'random', contentHash: 'random' }, weights);
}

/** LoRA on all seven projections whose second factor is not zero, as after some training: zeros would make half of the gradients zero. */
export function trainedLookingAdapter(config: ModelConfig, { rank, alpha }: { rank: number; alpha: number }): LoraAdapter {
  const adapter = createAdapter(config, { rank, alpha }, 'bench');
  for (const [module, { b }] of adapter.factors) floats(b).set(normals(floats(b).length, 0.05, new Random('bench').split(module)));
  return adapter;
}

/** Full rows of random tokens, the second half of each the answer. */
export function randomRows(config: ModelConfig, numRows: number, length: number): TokenizedRow[] {
  const random = new Random('rows');
  return Array.from({ length: numRows }, () => ({
    inputIds: Int32Array.from({ length }, () => random.integer(config.vocabSize)),
    numPromptTokens: length / 2,
    truncated: false,
    hasTargets: true,
  }));
}

/** Rows of equal length as one batch. */
export function batchOf(rows: readonly TokenizedRow[]): Batch {
  const { length } = rows[0]!.inputIds;
  return collate(rows, { padId: 0, lengthBuckets: [length], batchSize: rows.length });
}

/** Drawing a number costs more than a step does; large weights repeat a block whose length, a prime, is no multiple of a row. */
const BLOCK = 1_048_573;

function normals(size: number, scale: number, random: Random): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < Math.min(size, BLOCK); i++) values[i] = scale * random.normal();
  for (let start = BLOCK; start < size; start += BLOCK) values.copyWithin(start, 0, Math.min(BLOCK, size - start));
  return values;
}
