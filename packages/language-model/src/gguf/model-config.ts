import { ModelError } from '@pharmacist/core';
import { parseModelConfig, type ModelConfig } from '../config.ts';
import type { JsonObject } from '../json-file.ts';
import type { GgufFile } from './gguf-file.ts';

const ARCHITECTURES = ['llama', 'qwen2'];

/** The tensor that holds Llama 3's scaling of each rotary frequency; its formula is not in the metadata. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/**
 * The configuration that the metadata of a GGUF file describes. Mistral models are `llama` there and here: they compute the same.
 * @throws {ModelError} naming what is missing or not supported.
 */
export async function configFromGguf(file: GgufFile): Promise<ModelConfig> {
  const architecture = file.text('general.architecture');
  if (architecture === undefined || !ARCHITECTURES.includes(architecture)) {
    throw new ModelError(`is a model of architecture "${architecture}"; supported: ${ARCHITECTURES.join(', ')}`, {
      where: file.path,
      hint: 'import a model of Llama, Mistral, Qwen2 or SmolLM form',
    });
  }
  const need = (key: string) => file.need(`${architecture}.${key}`);
  const optional = (key: string) => file.number(`${architecture}.${key}`);
  const embedding = file.tensors.get('token_embd.weight');
  if (embedding === undefined)
    throw new ModelError('has no tensor "token_embd.weight"', { where: file.path, hint: 'import a language model' });
  if ((optional('expert_count') ?? 0) > 0) {
    throw new ModelError('is a mixture of experts', { where: file.path, hint: 'import a dense model' });
  }
  const numHeads = need('attention.head_count');
  const hiddenSize = need('embedding_length');
  const headDim = optional('attention.key_length') ?? hiddenSize / numHeads;
  if ((optional('rope.dimension_count') ?? headDim) !== headDim) {
    throw new ModelError('applies rotary embeddings to a part of each head', { where: file.path, hint: 'this form is not supported' });
  }
  const slidingWindow = optional('attention.sliding_window');
  const raw: JsonObject = {
    model_type: slidingWindow !== undefined && architecture === 'llama' ? 'mistral' : architecture,
    vocab_size: embedding.shape[0],
    hidden_size: hiddenSize,
    intermediate_size: need('feed_forward_length'),
    num_hidden_layers: need('block_count'),
    num_attention_heads: numHeads,
    num_key_value_heads: optional('attention.head_count_kv') ?? numHeads,
    head_dim: headDim,
    rms_norm_eps: shortestFloat32(need('attention.layer_norm_rms_epsilon')),
    max_position_embeddings: need('context_length'),
    rope_theta: shortestFloat32(optional('rope.freq_base') ?? 10000),
    tie_word_embeddings: !file.tensors.has('output.weight'),
    ...(slidingWindow === undefined ? {} : { sliding_window: slidingWindow }),
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
  const type = file.text(`${architecture}.rope.scaling.type`) ?? 'none';
  if (type === 'none') return undefined;
  if (type === 'linear') return { rope_type: 'linear', factor: file.need(`${architecture}.rope.scaling.factor`) };
  throw new ModelError(`has rope scaling of type "${type}"; supported: linear, and the factors of Llama 3`, {
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
