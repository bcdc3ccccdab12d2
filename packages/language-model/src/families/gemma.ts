import type { RawConfig } from '../config-schema.ts';
import { PRE_NORMS } from './llama.ts';
import { type Biases, defineModelFamily } from './model-family.ts';

/** What transformers assumes of every Gemma; the files name tokens, and few name sizes. */
export const GEMMA_DEFAULTS = {
  head_dim: 256,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 8192,
  tie_word_embeddings: true,
  pad_token_id: 0,
  eos_token_id: 1,
  bos_token_id: 2,
} as const;

/** All four projections of attention have biases or none has. */
export function gemmaBiases(fields: RawConfig): Biases {
  const attention = fields.attention_bias === true;
  return { attentionInput: attention, attentionOutput: attention, mlp: false };
}

/** Gemma (arXiv 2403.08295): norms around one, GELU, embeddings times sqrt(D). */
export const gemma = defineModelFamily({
  name: 'gemma',
  title: 'Gemma',
  className: 'Gemma',
  defaults: { ...GEMMA_DEFAULTS, num_key_value_heads: 16 },
  norm: 'rms-around-one',
  norms: PRE_NORMS,
  activation: 'gelu-tanh',
  // The first files say `gelu` and mean the approximation (transformers' GemmaConfig).
  activationNames: ['gelu_pytorch_tanh', 'gelu'],
  settings: ({ fields }) => ({ biases: gemmaBiases(fields), embeddingScale: Math.sqrt(fields.hidden_size) }),
  gguf: { architecture: 'gemma', hasShiftedNorms: true },
});
