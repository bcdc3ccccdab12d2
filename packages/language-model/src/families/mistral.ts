import { layerKinds } from './layer-kinds.ts';
import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** Mistral (Jiang et al. 2023): a window in every layer, which later versions switched off with a null. llama.cpp calls it `llama`. */
export const mistral = defineModelFamily({
  name: 'mistral',
  title: 'Mistral',
  className: 'Mistral',
  defaults: {
    num_key_value_heads: 8,
    max_position_embeddings: 131072,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    bos_token_id: 1,
    eos_token_id: 2,
  },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => ({ layers: layerKinds(fields, () => true) }),
});
