import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** Granite 3 (IBM 2024): Llama with factors on embeddings, scores, what a block adds, and logits. */
export const granite = defineModelFamily({
  name: 'granite',
  title: 'Granite',
  className: 'Granite',
  defaults: { max_position_embeddings: 2048, rms_norm_eps: 1e-6, bos_token_id: 1, eos_token_id: 2 },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => {
    const attention = fields.attention_bias === true;
    return {
      biases: { attentionInput: attention, attentionOutput: attention, mlp: fields.mlp_bias === true },
      embeddingScale: fields.embedding_multiplier ?? 1,
      residualScale: fields.residual_multiplier ?? 1,
      attentionScale: fields.attention_multiplier ?? 1,
      logitScale: 1 / (fields.logits_scaling ?? 1),
    };
  },
  gguf: {
    architecture: 'granite',
    isPermuted: true,
    fields: (metadata) => ({
      embedding_multiplier: metadata.number('embedding_scale') ?? 1,
      residual_multiplier: metadata.number('residual_scale') ?? 1,
      attention_multiplier: metadata.number('attention.scale') ?? 1 / Math.sqrt(metadata.headDim),
      logits_scaling: metadata.number('logit_scale') ?? 1,
    }),
  },
});
