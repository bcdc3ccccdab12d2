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
/** Old configurations write "none" as null or as a negative id. */
const tokenId = z
  .int(told('a token id'))
  .max(MAX_COUNT, told('a token id'))
  .nullish()
  .transform((id) => (id === undefined ? undefined : id === null || id < 0 ? null : id));

const unsupported = (what: string) => `is not supported: ${what}`;
const off = (what: string) => z.literal(false, { error: unsupported(what) }).nullish();

const ARCHITECTURES = ['LlamaForCausalLM', 'MistralForCausalLM', 'Qwen2ForCausalLM'] as const;
const MODEL_TYPES = ['llama', 'mistral', 'qwen2'] as const;

const ropeType = z.enum(['default', 'linear', 'llama3'], {
  error: ({ input }) => `is ${shown(input)}; supported: default, linear, llama3`,
});

/** `rope_scaling` (transformers 4) and `rope_parameters` (transformers 5, which holds theta too). */
const ropeSchema = z.object({
  rope_type: ropeType.optional(),
  type: ropeType.optional(),
  rope_theta: positive.optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: count.optional(),
  partial_rotary_factor: z.literal(1, { error: unsupported('rotary embeddings cover the whole head here') }).nullish(),
});

/** The fields of a Hugging Face `config.json` that decide what the model computes; all others are kept in `raw`. */
export const configSchema = z.object({
  architectures: z
    .array(z.enum(ARCHITECTURES, { error: ({ input }) => `is ${shown(input)}; supported: ${ARCHITECTURES.join(', ')}` }))
    .nullish(),
  model_type: z.enum(MODEL_TYPES, { error: ({ input }) => `is ${shown(input)}; supported: ${MODEL_TYPES.join(', ')}` }),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: countUpTo(MAX_LAYERS),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.literal('silu', { error: ({ input }) => `is ${shown(input)}; supported: silu` }).default('silu'),
  rms_norm_eps: positive.default(1e-6),
  max_position_embeddings: count.optional(),
  rope_theta: positive.nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  partial_rotary_factor: z.literal(1, { error: unsupported('rotary embeddings cover the whole head here') }).nullish(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: off('it puts a bias on the output projection of attention; only qwen2, with biases on q, k and v, has biases here'),
  mlp_bias: off('the projections of the MLP have no bias here'),
  quantization_config: z.null({ error: unsupported('export the model in f32, f16 or bf16') }).optional(),
  sliding_window: count.nullish(),
  use_sliding_window: z.boolean().nullish(),
  bos_token_id: tokenId,
  eos_token_id: z.union([tokenId, z.array(z.int().min(0).max(MAX_COUNT))], told('a token id or a list of them')),
  pad_token_id: tokenId,
});

export type RawConfig = z.infer<typeof configSchema>;
export type RopeFields = z.infer<typeof ropeSchema>;
