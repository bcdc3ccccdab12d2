import { defineModelFamily } from './model-family.ts';

/** OLMo 2 (arXiv 2501.00656): norms behind attention and the MLP and none before them, and norms over all heads of queries and keys. */
export const olmo2 = defineModelFamily({
  name: 'olmo2',
  title: 'OLMo 2',
  className: 'Olmo2',
  defaults: { max_position_embeddings: 2048, rms_norm_eps: 1e-5, bos_token_id: null, eos_token_id: 50279, pad_token_id: 1 },
  norm: 'rms',
  norms: { attentionOutput: 'post_attention_layernorm', mlpOutput: 'post_feedforward_layernorm', queryAndKey: 'width' },
  activation: 'silu',
  settings: ({ fields }) => {
    const attention = fields.attention_bias === true;
    return { biases: { attentionInput: attention, attentionOutput: attention, mlp: false } };
  },
  gguf: { architecture: 'olmo2' },
});
