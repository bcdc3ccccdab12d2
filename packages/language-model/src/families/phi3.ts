import { layerKinds } from './layer-kinds.ts';
import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** Phi 3, 3.5 and 4 (arXiv 2404.14219): q, k and v as one matrix, gate and up as another, which LoRA adapts as they are. */
export const phi3 = defineModelFamily({
  name: 'phi3',
  title: 'Phi-3 and Phi-4',
  className: 'Phi3',
  defaults: {
    max_position_embeddings: 4096,
    original_max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    bos_token_id: 1,
    eos_token_id: 32000,
    pad_token_id: 32000,
  },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  isFused: true,
  hasPartialRotary: true,
  settings: ({ fields }) => ({ layers: layerKinds(fields, () => true) }),
  gguf: {
    architecture: 'phi3',
    fields: (metadata) => ({
      original_max_position_embeddings: metadata.number('rope.scaling.original_context_length') ?? 4096,
    }),
  },
});
