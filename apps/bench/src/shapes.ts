/** Shapes of Llama models that figures are quoted at, as their config.json names sizes. */

/** The shape that figures are quoted at: 15M parameters, a third of it embedding. */
export const SHAPE_15M = {
  vocab_size: 32000,
  hidden_size: 288,
  intermediate_size: 768,
  num_hidden_layers: 6,
  num_attention_heads: 6,
  num_key_value_heads: 6,
};

/** SmolLM2-135M. */
export const SHAPE_135M = {
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
};

/** Llama 3.2 1B: 1.2 thousand million parameters. */
export const SHAPE_1B = {
  vocab_size: 128256,
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
};
