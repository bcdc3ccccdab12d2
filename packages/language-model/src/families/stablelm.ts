import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/**
 * StableLM 2 and the 3 B models of StableLM (Stability AI 2023): layer norms, and rotary embeddings of a quarter of each head. The 12 B model adds attention
 * and MLP at once and has norms of each head.
 */
export const stablelm = defineModelFamily({
  name: 'stablelm',
  title: 'StableLM',
  className: 'StableLm',
  defaults: {
    num_key_value_heads: 32,
    max_position_embeddings: 4096,
    layer_norm_eps: 1e-5,
    partial_rotary_factor: 0.25,
    bos_token_id: 0,
    eos_token_id: 0,
  },
  norm: 'layer',
  norms: PRE_NORMS,
  activation: 'silu',
  hasPartialRotary: true,
  settings: ({ fields }) => ({
    biases: { attentionInput: fields.use_qkv_bias === true, attentionOutput: false, mlp: false },
    isParallel: fields.use_parallel_residual === true,
    hasHeadNorms: fields.qk_layernorm === true,
  }),
  gguf: {
    architecture: 'stablelm',
    fields: (metadata) => ({
      use_qkv_bias: metadata.hasTensor('attn_q.bias'),
      qk_layernorm: metadata.hasTensor('attn_q_norm.weight'),
      use_parallel_residual: metadata.flag('use_parallel_residual') ?? false,
    }),
  },
});
