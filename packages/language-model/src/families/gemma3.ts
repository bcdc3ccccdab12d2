import { GEMMA_DEFAULTS, gemmaBiases } from './gemma.ts';
import { NORMS_ON_BOTH_SIDES, queryScalar } from './gemma2.ts';
import { layerKinds } from './layer-kinds.ts';
import { defineModelFamily } from './model-family.ts';

/** One layer in so many sees the whole text. */
const PATTERN = 6;
const LOCAL_THETA = 10000;

/** The language models of Gemma 3 (arXiv 2503.19786): norms of queries and keys, and layers with a window, which have angles of their own. */
export const gemma3 = defineModelFamily({
  name: 'gemma3_text',
  title: 'Gemma 3 (text)',
  className: 'Gemma3',
  defaults: {
    ...GEMMA_DEFAULTS,
    num_key_value_heads: 4,
    max_position_embeddings: 131072,
    rope_theta: 1_000_000,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
  },
  norm: 'rms-around-one',
  norms: { ...NORMS_ON_BOTH_SIDES, queryAndKey: 'head' },
  activation: 'gelu-tanh',
  activationField: 'hidden_activation',
  settings: ({ fields, headDim, readRope }) => {
    const pattern = fields.sliding_window_pattern ?? PATTERN;
    return {
      biases: gemmaBiases(fields),
      layers: layerKinds(fields, (layer) => (layer + 1) % pattern !== 0).map((kind) =>
        kind.window === undefined ? kind : { ...kind, rotary: 'local' as const },
      ),
      localRope: readRope('sliding_attention', LOCAL_THETA),
      embeddingScale: Math.sqrt(fields.hidden_size),
      attentionScale: 1 / Math.sqrt(fields.query_pre_attn_scalar ?? headDim),
      ...(fields.final_logit_softcapping != null && { logitCap: fields.final_logit_softcapping }),
    };
  },
  gguf: {
    architecture: 'gemma3',
    hasShiftedNorms: true,
    fields: (metadata) => ({
      query_pre_attn_scalar: queryScalar(metadata, 62),
      rope_local_base_freq: metadata.number('rope.freq_base_swa') ?? LOCAL_THETA,
    }),
  },
});
