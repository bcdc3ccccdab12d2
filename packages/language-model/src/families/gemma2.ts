import { GEMMA_DEFAULTS, gemmaBiases } from './gemma.ts';
import { layerKinds } from './layer-kinds.ts';
import { type BlockNorms, defineModelFamily, type GgufMetadata } from './model-family.ts';

/** Norms before and after attention and the MLP. */
export const NORMS_ON_BOTH_SIDES = {
  attentionInput: 'input_layernorm',
  attentionOutput: 'post_attention_layernorm',
  mlpInput: 'pre_feedforward_layernorm',
  mlpOutput: 'post_feedforward_layernorm',
} as const satisfies BlockNorms;

/**
 * The scalar that GGUF files leave to the reader: of the 27 B models, told by their number of layers, the width by heads; else headDim.
 * @param layersOf27B 46 in Gemma 2, 62 in Gemma 3.
 */
export function queryScalar({ numLayers, headDim, hiddenSize, numHeads }: GgufMetadata, layersOf27B: number): number {
  return numLayers === layersOf27B ? hiddenSize / numHeads : headDim;
}

/** Gemma 2 (arXiv 2408.00118): caps on scores and logits, norms on both sides, every other layer with a window. */
export const gemma2 = defineModelFamily({
  name: 'gemma2',
  title: 'Gemma 2',
  className: 'Gemma2',
  defaults: {
    ...GEMMA_DEFAULTS,
    num_key_value_heads: 4,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
  norm: 'rms-around-one',
  norms: NORMS_ON_BOTH_SIDES,
  activation: 'gelu-tanh',
  activationField: 'hidden_activation',
  settings: ({ fields, headDim }) => ({
    biases: gemmaBiases(fields),
    layers: layerKinds(fields, (layer) => layer % 2 === 0),
    embeddingScale: Math.sqrt(fields.hidden_size),
    attentionScale: 1 / Math.sqrt(fields.query_pre_attn_scalar ?? headDim),
    ...(fields.attn_logit_softcapping != null && { scoreCap: fields.attn_logit_softcapping }),
    ...(fields.final_logit_softcapping != null && { logitCap: fields.final_logit_softcapping }),
  }),
  gguf: {
    architecture: 'gemma2',
    hasShiftedNorms: true,
    fields: (metadata) => ({
      query_pre_attn_scalar: queryScalar(metadata, 46),
      attn_logit_softcapping: metadata.number('attn_logit_softcapping') ?? 50,
      final_logit_softcapping: metadata.number('final_logit_softcapping') ?? 30,
    }),
  },
});
