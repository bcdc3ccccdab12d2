import { layerKinds } from './layer-kinds.ts';
import { PRE_NORMS } from './llama.ts';
import { defineModelFamily } from './model-family.ts';

/** SmolLM 3 (Hugging Face 2025): every fourth layer without positions (Yang et al. 2025, arXiv 2501.18795). */
export const smollm3 = defineModelFamily({
  name: 'smollm3',
  title: 'SmolLM3',
  className: 'SmolLM3',
  defaults: {
    num_key_value_heads: 4,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    rope_theta: 2_000_000,
    tie_word_embeddings: true,
    bos_token_id: 128000,
    eos_token_id: 128001,
    pad_token_id: 128004,
  },
  norm: 'rms',
  norms: PRE_NORMS,
  activation: 'silu',
  settings: ({ fields }) => {
    const attention = fields.attention_bias === true;
    const interval = fields.no_rope_layer_interval ?? 4;
    const turns = (layer: number) => (fields.no_rope_layers == null ? (layer + 1) % interval !== 0 : fields.no_rope_layers[layer] === 1);
    const window = fields.use_sliding_window === true ? fields.sliding_window : null;
    return {
      biases: { attentionInput: attention, attentionOutput: attention, mlp: fields.mlp_bias === true },
      layers: layerKinds({ ...fields, sliding_window: window }, (layer) => !turns(layer)).map((kind, layer) =>
        turns(layer) ? kind : { ...kind, rotary: 'none' as const },
      ),
    };
  },
  gguf: { architecture: 'smollm3', isPermuted: true },
});
