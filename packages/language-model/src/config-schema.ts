import { z } from 'zod';
import { shown } from './problem-list.ts';

/** Far more layers than any model has; names of all weights are made before one of them is looked for. */
const MAX_LAYERS = 1024;
/** Sizes and ids are 32-bit numbers for every kernel. */
const MAX_COUNT = 2 ** 31 - 1;

const told = (expected: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : `is ${shown(input)}, expected ${expected}`),
});
const countUpTo = (highest: number) => {
  const range = told(`a whole number of 1 to ${highest}`);
  return z.int(range).min(1, range).max(highest, range);
};
const count = countUpTo(MAX_COUNT);
const positive = z.number(told('a number above 0')).positive(told('a number above 0'));
const flag = z.boolean(told('true or false')).nullish();
/** Old configurations write "none" as null or as a negative id. */
const tokenId = z
  .int(told('a token id'))
  .max(MAX_COUNT, told('a token id'))
  .nullish()
  .transform((id) => (id === undefined ? undefined : id === null || id < 0 ? null : id));
const listOf = <T extends z.ZodType>(element: T, expected: string) => z.array(element, told(expected)).max(MAX_LAYERS, told(expected));

const unsupported = (what: string) => `is not supported: ${what}`;
const off = (what: string) => z.literal(false, { error: unsupported(what) }).nullish();

const ROPE_TYPES = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'] as const;
/** The first files of Phi-3 call longrope by its old name. */
const ropeType = z.enum([...ROPE_TYPES, 'su'], {
  error: ({ input }) => `is ${shown(input)}; supported: ${ROPE_TYPES.join(', ')}`,
});
const partialRotaryFactor = positive.max(1, told('a number up to 1')).nullish();

/** Angles of one kind of layer. */
const plainRopeSchema = z.object({
  rope_type: ropeType.optional(),
  type: ropeType.optional(),
  rope_theta: positive.optional(),
  factor: positive.nullish(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: count.nullish(),
  partial_rotary_factor: partialRotaryFactor,
  attention_factor: positive.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  mscale: positive.nullish(),
  mscale_all_dim: positive.nullish(),
  truncate: flag,
  short_factor: listOf(positive, 'a list of numbers above 0').nullish(),
  long_factor: listOf(positive, 'a list of numbers above 0').nullish(),
});

/** `rope_scaling` (transformers 4) and `rope_parameters` (transformers 5, which holds theta too, and may hold one set a kind of layer). */
const ropeSchema = plainRopeSchema.extend({
  full_attention: plainRopeSchema.nullish(),
  sliding_attention: plainRopeSchema.nullish(),
});

const LAYER_TYPES = ['full_attention', 'sliding_attention'] as const;
const layerType = z.enum(LAYER_TYPES, { error: ({ input }) => `is ${shown(input)}; supported: ${LAYER_TYPES.join(', ')}` });

/**
 * The fields of a Hugging Face `config.json` that decide what a model of some family computes; all others are kept in `raw`. Which of them
 * a family reads, and what it assumes where the file is silent, its own file says.
 */
export const configSchema = z.object({
  model_type: z.string(),
  architectures: z.array(z.string(told('the name of a class'))).nullish(),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: countUpTo(MAX_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.string(told('the name of an activation')).nullish(),
  hidden_activation: z.string(told('the name of an activation')).nullish(),
  rms_norm_eps: positive.nullish(),
  layer_norm_eps: positive.nullish(),
  max_position_embeddings: count,
  original_max_position_embeddings: count.nullish(),
  rope_theta: positive.nullish(),
  rope_local_base_freq: positive.nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: partialRotaryFactor,
  no_rope_layers: listOf(z.union([z.literal(0), z.literal(1)], told('0 or 1')), 'a list of 0 and 1').nullish(),
  no_rope_layer_interval: count.nullish(),
  tie_word_embeddings: z.boolean(told('true or false')),
  attention_bias: flag,
  mlp_bias: flag,
  use_qkv_bias: flag,
  use_parallel_residual: flag,
  qk_layernorm: flag,
  use_bidirectional_attention: off('a token sees what stands before it only'),
  query_pre_attn_scalar: positive.nullish(),
  attn_logit_softcapping: positive.nullish(),
  final_logit_softcapping: positive.nullish(),
  embedding_multiplier: positive.nullish(),
  residual_multiplier: positive.nullish(),
  attention_multiplier: positive.nullish(),
  logits_scaling: positive.nullish(),
  quantization_config: z.null({ error: unsupported('export the model in f32, f16 or bf16') }).optional(),
  sliding_window: count.nullish(),
  use_sliding_window: flag,
  max_window_layers: z.int(told('a number of layers')).min(0, told('a number of layers')).nullish(),
  sliding_window_pattern: count.nullish(),
  layer_types: listOf(layerType, 'a list of kinds of layers').nullish(),
  bos_token_id: tokenId,
  eos_token_id: z.union([tokenId, z.array(z.int().min(0).max(MAX_COUNT))], told('a token id or a list of them')),
  pad_token_id: tokenId,
});

export type RawConfig = z.infer<typeof configSchema>;
export type RopeFields = z.infer<typeof plainRopeSchema>;
