/**
 * A family of models, as one would be added: `src/families/ours.ts`, and its word in `src/families/registry.ts`. Everything that sets a
 * family apart stands here; what is left out is as in Llama.
 */
import { PRE_NORMS } from '../src/families/llama.ts';
import { defineModelFamily } from '../src/families/model-family.ts';

/** Llama with a bias on q, k and v, embeddings that are scaled, and logits with a cap. */
export const ours = defineModelFamily({
  name: 'ours',
  title: 'Ours',
  className: 'Ours',
  defaults: { rms_norm_eps: 1e-6, max_position_embeddings: 4096 },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => ({
    biases: { attentionInput: true, attentionOutput: false, mlp: false },
    embeddingScale: Math.sqrt(fields.hidden_size),
    logitCap: 30,
  }),
});
