import { upperLayersSlide } from './layer-kinds.ts';
import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** Qwen 2 and 2.5: biases on q, k and v; the window that most files carry is switched off. */
export const qwen2 = defineModelFamily({
  name: 'qwen2',
  title: 'Qwen2',
  className: 'Qwen2',
  defaults: {
    num_key_value_heads: 32,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    sliding_window: 4096,
    max_window_layers: 28,
    bos_token_id: null,
    eos_token_id: null,
  },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => ({
    biases: { attentionInput: true, attentionOutput: false, mlp: false },
    layers: upperLayersSlide(fields),
  }),
  gguf: { architecture: 'qwen2' },
});
