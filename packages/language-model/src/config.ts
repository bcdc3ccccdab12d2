import { join } from 'node:path';
import { ModelError, pathExists, writeJsonAtomic } from '@pharmacist/core';
import { configSchema, type RawConfig, type RopeFields } from './config-schema.ts';
import { readJsonObject, readOptionalJsonObject, type JsonObject } from './json-file.ts';
import { problemLines } from './problem-list.ts';

/** Frequencies of the rotary embedding stretched beyond the length the model was pre-trained with. */
export type RopeScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

/** What a Llama-family model computes, from Hugging Face's `config.json`. */
export interface LlamaConfig {
  readonly modelType: 'llama' | 'mistral' | 'qwen2';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  /** Divides `numAttentionHeads`; smaller with grouped-query attention. */
  readonly numKeyValueHeads: number;
  /** Even; `hiddenSize / numAttentionHeads` unless the file says otherwise. */
  readonly headDim: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
  readonly maxPositionEmbeddings: number;
  /** The output projection is the embedding matrix; a checkpoint that stores a different one overrules this, see readCheckpoint. */
  readonly tieWordEmbeddings: boolean;
  /** Biases on the q, k and v projections (Qwen2), never on others. */
  readonly attentionBias: boolean;
  /** Positions a token sees (Mistral). Full attention is exact only for sequences up to this length. */
  readonly slidingWindow?: number;
  readonly bosTokenId: number | null;
  /** Every id that ends a text, of config.json and generation_config.json; the first is the one to train with. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /** The file as it was read. */
  readonly raw: Readonly<JsonObject>;
}

/** What transformers assumes where a file is silent. */
const DEFAULTS = {
  llama: { keyValueHeads: undefined, positions: 2048, bos: 1, eos: 2 },
  mistral: { keyValueHeads: 8, positions: 131072, bos: 1, eos: 2 },
  qwen2: { keyValueHeads: 32, positions: 32768, bos: null, eos: null },
} as const;

/**
 * Reads `config.json` (and the ids of end tokens from `generation_config.json`) of a Hugging Face model directory.
 * @throws {ModelError} listing every field that is wrong or of an unsupported form, and what is supported.
 */
export async function readModelConfig(dir: string): Promise<LlamaConfig> {
  const path = join(dir, 'config.json');
  if (!(await pathExists(path))) {
    throw new ModelError('has no config.json', { where: dir, hint: 'name a Hugging Face model directory, or import a GGUF file first' });
  }
  const generation = await readOptionalJsonObject(dir, 'generation_config.json');
  return parseModelConfig(await readJsonObject(path), path, generation);
}

/** The same from JSON that was read already; `where` names the file in errors. */
export function parseModelConfig(raw: JsonObject, where: string, generation: JsonObject = {}): LlamaConfig {
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) {
    throw unsupportedForm(where, [...new Set(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))]);
  }
  const fields = parsed.data;
  const defaults = DEFAULTS[fields.model_type];
  const numKeyValueHeads = fields.num_key_value_heads ?? defaults.keyValueHeads ?? fields.num_attention_heads;
  const headDim = fields.head_dim ?? fields.hidden_size / fields.num_attention_heads;
  const maxPositionEmbeddings = fields.max_position_embeddings ?? defaults.positions;
  const problems = [
    ...(fields.num_attention_heads % numKeyValueHeads === 0
      ? []
      : [`num_key_value_heads is ${numKeyValueHeads}, which does not divide num_attention_heads ${fields.num_attention_heads}`]),
    ...(headDim % 2 === 0 ? [] : [`head_dim is ${headDim}; rotary embeddings need an even number`]),
  ];
  const rope = readRope(fields, maxPositionEmbeddings, problems);
  const eosTokenIds = endTokens(fields.eos_token_id === undefined ? defaults.eos : fields.eos_token_id, generation['eos_token_id']);
  for (const id of eosTokenIds) {
    if (id >= fields.vocab_size) problems.push(`eos_token_id is ${id}, but vocab_size is ${fields.vocab_size}`);
  }
  if (problems.length > 0) throw unsupportedForm(where, problems);
  const slidingWindow = fields.model_type === 'llama' || fields.use_sliding_window === false ? undefined : fields.sliding_window;
  // Qwen2 files carry a window that is off unless `use_sliding_window` says otherwise.
  const isWindowOn = slidingWindow != null && (fields.model_type === 'mistral' || fields.use_sliding_window === true);
  return {
    modelType: fields.model_type,
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    numLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    numKeyValueHeads,
    headDim,
    rmsNormEps: fields.rms_norm_eps,
    ...rope,
    maxPositionEmbeddings,
    tieWordEmbeddings: fields.tie_word_embeddings,
    attentionBias: fields.model_type === 'qwen2',
    ...(isWindowOn ? { slidingWindow } : {}),
    bosTokenId: fields.bos_token_id === undefined ? defaults.bos : fields.bos_token_id,
    eosTokenIds,
    padTokenId: fields.pad_token_id ?? null,
    raw,
  };
}

const ARCHITECTURE_NAMES = { llama: 'LlamaForCausalLM', mistral: 'MistralForCausalLM', qwen2: 'Qwen2ForCausalLM' } as const;

/**
 * Writes `config.json` and `generation_config.json` as transformers reads them. Fields of `raw` that this project does not interpret are
 * kept. Rotary fields keep the spelling of `raw` (`rope_parameters` or `rope_theta` and `rope_scaling`); the latter by default.
 */
export async function writeModelConfig(dir: string, config: LlamaConfig): Promise<void> {
  const { rope_theta: _theta, rope_scaling: _scaling, rope_parameters: oldParameters, ...rest } = config.raw;
  const rope =
    oldParameters == null
      ? { rope_theta: config.ropeTheta, rope_scaling: config.ropeScaling === undefined ? null : scalingFields(config.ropeScaling) }
      : { rope_parameters: { rope_theta: config.ropeTheta, ...scalingFields(config.ropeScaling) } };
  const [firstEos = null] = config.eosTokenIds;
  const tokens = {
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds.length > 1 ? config.eosTokenIds : firstEos,
    pad_token_id: config.padTokenId,
  };
  await writeJsonAtomic(join(dir, 'config.json'), {
    ...rest,
    architectures: [ARCHITECTURE_NAMES[config.modelType]],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.rmsNormEps,
    max_position_embeddings: config.maxPositionEmbeddings,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(config.slidingWindow === undefined ? {} : { sliding_window: config.slidingWindow }),
    ...rope,
    ...tokens,
  });
  const present = Object.entries(tokens).filter(([, id]) => id !== null);
  await writeJsonAtomic(join(dir, 'generation_config.json'), { _from_model_config: true, ...Object.fromEntries(present) });
}

function readRope(fields: RawConfig, maxPositionEmbeddings: number, problems: string[]): Pick<LlamaConfig, 'ropeTheta' | 'ropeScaling'> {
  const spelling = fields.rope_parameters == null ? 'rope_scaling' : 'rope_parameters';
  const rope: RopeFields = fields.rope_parameters ?? fields.rope_scaling ?? {};
  const ropeTheta = rope.rope_theta ?? fields.rope_theta ?? 10000;
  const type = rope.rope_type ?? rope.type ?? 'default';
  if (type === 'default') return { ropeTheta };
  const need = (name: keyof RopeFields, value: number | undefined): number => {
    if (value === undefined) problems.push(`${spelling}.${name} is missing; rope type ${type} needs it`);
    return value ?? 1;
  };
  const factor = need('factor', rope.factor);
  if (type === 'linear') return { ropeTheta, ropeScaling: { type, factor } };
  return {
    ropeTheta,
    ropeScaling: {
      type,
      factor,
      lowFreqFactor: need('low_freq_factor', rope.low_freq_factor),
      highFreqFactor: need('high_freq_factor', rope.high_freq_factor),
      originalMaxPositionEmbeddings: rope.original_max_position_embeddings ?? maxPositionEmbeddings,
    },
  };
}

function scalingFields(scaling: RopeScaling | undefined): JsonObject {
  if (scaling === undefined) return { rope_type: 'default' };
  if (scaling.type === 'linear') return { rope_type: 'linear', factor: scaling.factor };
  return {
    rope_type: 'llama3',
    factor: scaling.factor,
    low_freq_factor: scaling.lowFreqFactor,
    high_freq_factor: scaling.highFreqFactor,
    original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
  };
}

function endTokens(...sources: readonly unknown[]): number[] {
  const ids = sources.flat().filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0);
  return [...new Set(ids)];
}

function unsupportedForm(where: string, problems: readonly string[]): ModelError {
  const text = problems.length === 1 ? problems[0]! : `${problems.length} problems${problemLines(problems)}`;
  return new ModelError(text, {
    where,
    hint: 'use a model of Llama, Mistral, Qwen2 or SmolLM form, unquantised',
    details: { problems },
  });
}
