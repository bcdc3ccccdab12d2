import { defineModelFamily, type BlockNorms } from './model-family.ts';

/** Norms before attention and before the MLP, as most families have them. */
export const PRE_NORMS = { attentionInput: 'input_layernorm', mlpInput: 'post_attention_layernorm' } as const satisfies BlockNorms;

/** Llama 1 to 3 (Touvron et al. 2023) and what was built like it: SmolLM, TinyLlama, Yi, DeepSeek's distillations. */
export const llama = defineModelFamily({
  name: 'llama',
  title: 'Llama and SmolLM',
  className: 'Llama',
  defaults: { max_position_embeddings: 2048, rms_norm_eps: 1e-6, bos_token_id: 1, eos_token_id: 2 },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => {
    const attention = fields.attention_bias === true;
    return { biases: { attentionInput: attention, attentionOutput: attention, mlp: fields.mlp_bias === true } };
  },
  gguf: { architecture: 'llama', isPermuted: true },
});
