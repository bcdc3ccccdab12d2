import { ModelError } from '@pharmacist/core';
import { parseModelConfig, type ModelConfig } from '../config.ts';
import type { JsonObject } from '../json-file.ts';
import { ggufFamily } from './gguf-family.ts';
import type { GgufFile } from './gguf-file.ts';

/** The tensor that holds Llama 3's scaling of each rotary frequency; its formula is not in the metadata. */
export const ROPE_FACTORS = 'rope_freqs.weight';
/** The lists of Phi-3 for texts up to its original length and beyond. */
export const SHORT_FACTORS = 'rope_factors_short.weight';
export const LONG_FACTORS = 'rope_factors_long.weight';

/**
 * The configuration that the metadata of a GGUF file describes.
 * @throws {ModelError} naming what is missing or not supported.
 */
export async function configFromGguf(file: GgufFile): Promise<ModelConfig> {
  const family = ggufFamily(file.text('general.architecture'), file.path);
  const { architecture, fields } = family.gguf!;
  const need = (key: string) => file.need(`${architecture}.${key}`);
  const optional = (key: string) => {
    const value = file.number(`${architecture}.${key}`);
    return value === undefined ? undefined : shortestFloat32(value);
  };
  const embedding = file.tensors.get('token_embd.weight');
  if (embedding === undefined)
    throw new ModelError('has no tensor "token_embd.weight"', { where: file.path, hint: 'import a language model' });
  if ((optional('expert_count') ?? 0) > 0) {
    throw new ModelError('is a mixture of experts', { where: file.path, hint: 'import a dense model' });
  }
  const numHeads = need('attention.head_count');
  const hiddenSize = need('embedding_length');
  const numLayers = need('block_count');
  const headDim = optional('attention.key_length') ?? hiddenSize / numHeads;
  const slidingWindow = optional('attention.sliding_window');
  const rotaryShare = (optional('rope.dimension_count') ?? headDim) / headDim;
  const epsilon =
    family.norm === 'layer'
      ? { layer_norm_eps: shortestFloat32(need('attention.layer_norm_epsilon')) }
      : { rms_norm_eps: shortestFloat32(need('attention.layer_norm_rms_epsilon')) };
  const hasTensor = (name: string) => file.tensors.has(`blk.0.${name}`);
  const raw: JsonObject = {
    model_type: slidingWindow !== undefined && family.name === 'llama' ? 'mistral' : family.name,
    vocab_size: embedding.shape[0],
    hidden_size: hiddenSize,
    intermediate_size: need('feed_forward_length'),
    num_hidden_layers: numLayers,
    num_attention_heads: numHeads,
    num_key_value_heads: optional('attention.head_count_kv') ?? numHeads,
    head_dim: headDim,
    ...epsilon,
    max_position_embeddings: need('context_length'),
    rope_theta: optional('rope.freq_base') ?? 10000,
    ...(rotaryShare === 1 && family.hasPartialRotary !== true ? {} : { partial_rotary_factor: rotaryShare }),
    tie_word_embeddings: !file.tensors.has('output.weight'),
    // Some files say with 0 that there is no window.
    ...(slidingWindow === undefined ? {} : { sliding_window: slidingWindow === 0 ? null : slidingWindow }),
    ...(hasTensor('attn_output.bias') ? { attention_bias: true } : {}),
    ...(hasTensor('ffn_down.bias') ? { mlp_bias: true } : {}),
    ...fields?.({
      number: optional,
      flag: (key) => file.flag(`${architecture}.${key}`),
      hasTensor,
      numLayers,
      hiddenSize,
      numHeads,
      headDim,
    }),
    bos_token_id: file.number('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: endTokens(file),
    pad_token_id: file.number('tokenizer.ggml.padding_token_id') ?? null,
  };
  const scaling = await ropeScaling(file, architecture, headDim, raw['rope_theta'] as number);
  return parseModelConfig(scaling === undefined ? raw : { ...raw, rope_scaling: scaling }, file.path);
}

function endTokens(file: GgufFile): number[] {
  const ids = ['eos_token_id', 'eot_token_id'].map((name) => file.number(`tokenizer.ggml.${name}`));
  return [...new Set(ids.filter((id) => id !== undefined))];
}

async function ropeScaling(file: GgufFile, architecture: string, headDim: number, theta: number): Promise<JsonObject | undefined> {
  if (file.tensors.has(ROPE_FACTORS)) return await llama3Scaling(file, headDim, theta);
  const need = (key: string) => file.need(`${architecture}.rope.scaling.${key}`);
  const attentionFactor = file.number(`${architecture}.rope.scaling.attn_factor`);
  // The converter computes the attention factor by the same rule as transformers.
  if (file.tensors.has(LONG_FACTORS)) {
    const factors = async (name: string) => Array.from((await file.read(name)).data, shortestFloat32);
    return {
      rope_type: 'longrope',
      short_factor: await factors(SHORT_FACTORS),
      long_factor: await factors(LONG_FACTORS),
      original_max_position_embeddings: need('original_context_length'),
    };
  }
  const type = file.text(`${architecture}.rope.scaling.type`) ?? 'none';
  if (type === 'none') return undefined;
  if (type === 'linear') return { rope_type: 'linear', factor: shortestFloat32(need('factor')) };
  // llama.cpp multiplies a factor of the file with YaRN's own, which transformers does not.
  if (type === 'yarn' && (attentionFactor ?? 1) === 1) {
    const original_max_position_embeddings = need('original_context_length');
    return { rope_type: 'yarn', factor: shortestFloat32(need('factor')), original_max_position_embeddings };
  }
  throw new ModelError(`has rope scaling of type "${type}"; supported: linear, yarn, longrope, and the factors of Llama 3`, {
    where: file.path,
    hint: 'import a model without it',
  });
}

/** Every published Llama 3.1 and 3.2 model has these; only the factor differs. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };

/** The parameters from which the stored factors were computed, confirmed by computing them again. */
async function llama3Scaling(file: GgufFile, headDim: number, theta: number): Promise<JsonObject> {
  const stored = Array.from((await file.read(ROPE_FACTORS)).data);
  const factor = Math.max(...stored);
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: length } = LLAMA3;
  const isSame = stored.every((value, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
    const smooth = Math.min(1, Math.max(0, (length / wavelength - low) / (high - low)));
    return Math.abs(value - 1 / ((1 - smooth) / factor + smooth)) <= 1e-3 * value;
  });
  if (!isSame || stored.length !== headDim / 2) {
    throw new ModelError(`"${ROPE_FACTORS}" holds factors other than those of Llama 3.1 and 3.2`, {
      where: file.path,
      hint: 'this form of rope scaling is not supported',
    });
  }
  return { rope_type: 'llama3', factor, ...LLAMA3 };
}

/** 9.999999747378752e-06, the f32 of 1e-5, back to 1e-5. */
function shortestFloat32(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
