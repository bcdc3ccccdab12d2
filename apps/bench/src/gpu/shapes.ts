import { type ModelConfig, parseModelConfig } from '@pharmacist/language-model';
import { SHAPE_1B } from '../shapes.ts';

const BASE = {
  model_type: 'llama',
  architectures: ['LlamaForCausalLM'],
  rms_norm_eps: 1e-5,
  rope_theta: 500000,
  max_position_embeddings: 8192,
};

/** Shapes of public models, by the name under which figures are quoted. */
const SHAPES: Record<string, Readonly<Record<string, unknown>>> = {
  /** For trying the stages on a CPU. */
  toy: {
    vocab_size: 512,
    hidden_size: 128,
    intermediate_size: 256,
    num_hidden_layers: 3,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    tie_word_embeddings: true,
  },
  /** Llama 3.2 1B. */
  '1b': { ...SHAPE_1B, tie_word_embeddings: true },
  /** Llama 3 8B. */
  '8b': {
    vocab_size: 128256,
    hidden_size: 4096,
    intermediate_size: 14336,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    tie_word_embeddings: false,
  },
  /** Qwen2.5 7B. */
  '7b': {
    vocab_size: 152064,
    hidden_size: 3584,
    intermediate_size: 18944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    tie_word_embeddings: false,
  },
  /** As large as Gemma 2 9B: its widths and depth in the form of a Llama. */
  '9b': {
    vocab_size: 256000,
    hidden_size: 3584,
    intermediate_size: 14336,
    num_hidden_layers: 42,
    num_attention_heads: 16,
    num_key_value_heads: 8,
    head_dim: 256,
    tie_word_embeddings: true,
  },
};

export const SHAPE_NAMES: readonly string[] = Object.keys(SHAPES);

export function namedConfig(name: string): ModelConfig {
  return parseModelConfig({ ...BASE, ...SHAPES[name] }, name);
}
