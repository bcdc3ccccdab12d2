import { upperLayersSlide } from './layer-kinds.ts';
import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** Qwen 3 (arXiv 2505.09388): a norm over each head of queries and keys in place of Qwen 2's biases. */
export const qwen3 = defineModelFamily({
  name: 'qwen3',
  title: 'Qwen3',
  className: 'Qwen3',
  defaults: {
    num_key_value_heads: 32,
    head_dim: 128,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    max_window_layers: 28,
    bos_token_id: null,
    eos_token_id: null,
  },
  norm: 'rms',
  norms: { ...PRE_NORMS, queryAndKey: 'head' },
  activation: 'silu',
  settings: ({ fields }) => {
    const attention = fields.attention_bias === true;
    return { biases: { attentionInput: attention, attentionOutput: attention, mlp: false }, layers: upperLayersSlide(fields) };
  },
  gguf: { architecture: 'qwen3' },
});
