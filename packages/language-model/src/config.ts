import { join } from 'node:path';
import { ModelError, pathExists, writeJsonAtomic } from '@pharmacist/core';
import { configSchema, type RawConfig } from './config-schema.ts';
import type { FamilySettings, ModelFamily, Rope } from './families/model-family.ts';
import { unknownFamily } from './families/refused.ts';
import { familyTitles, MODEL_FAMILIES } from './families/registry.ts';
import { readJsonObject, readOptionalJsonObject, type JsonObject } from './json-file.ts';
import { problemLines, shown } from './problem-list.ts';
import { factorProblems, partialRotaryFactor, readRope } from './rope-config.ts';

/** What a model computes, from Hugging Face's `config.json` and the family it names. */
export interface ModelConfig extends Rope, FamilySettings {
  /** Name of the family. */
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  /** Divides `numAttentionHeads`; smaller with grouped-query attention. */
  readonly numKeyValueHeads: number;
  /** Even; `hiddenSize / numAttentionHeads` unless the file says otherwise. */
  readonly headDim: number;
  /** Dimensions of a head that rotary embeddings turn, the first ones; even, `headDim` in most families. */
  readonly rotaryDim: number;
  /** Epsilon of every norm. */
  readonly normEps: number;
  readonly maxPositionEmbeddings: number;
  /** The output projection is the embedding matrix; a checkpoint that stores a different one overrules this, see readCheckpoint. */
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  /** Every id that ends a text, of config.json and generation_config.json; the first is the one to train with. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId: number | null;
  /** The file as it was read. */
  readonly raw: Readonly<JsonObject>;
}

/** The form of the blocks of a model. */
export function familyOf({ modelType }: Pick<ModelConfig, 'modelType'>): ModelFamily {
  return MODEL_FAMILIES.get(modelType);
}

/**
 * Reads `config.json` (and the ids of end tokens from `generation_config.json`) of a Hugging Face model directory.
 * @throws {ModelError} listing every field that is wrong or of an unsupported form, and what is supported; of a model of no family here
 * only that.
 */
export async function readModelConfig(dir: string): Promise<ModelConfig> {
  const path = join(dir, 'config.json');
  if (!(await pathExists(path))) {
    throw new ModelError('has no config.json', { where: dir, hint: 'name a Hugging Face model directory, or import a GGUF file first' });
  }
  const generation = await readOptionalJsonObject(dir, 'generation_config.json');
  return parseModelConfig(await readJsonObject(path), path, generation);
}

/** The same from JSON that was read already; `where` names the file in errors. */
export function parseModelConfig(raw: JsonObject, where: string, generation: JsonObject = {}): ModelConfig {
  const name = raw['model_type'];
  if (name === undefined) throw unsupportedForm(where, ['model_type is missing']);
  if (typeof name !== 'string' || !MODEL_FAMILIES.has(name)) throw unknownFamily(name, where);
  const family = MODEL_FAMILIES.get(name);
  const parsed = configSchema.safeParse(withDefaults(family, raw));
  if (!parsed.success) {
    throw unsupportedForm(where, [...new Set(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`))]);
  }
  const fields = parsed.data;
  const numKeyValueHeads = fields.num_key_value_heads ?? fields.num_attention_heads;
  const headDim = fields.head_dim ?? fields.hidden_size / fields.num_attention_heads;
  const rotaryDim = Math.floor(headDim * partialRotaryFactor(fields));
  const problems = problemsOf(family, fields, { numKeyValueHeads, headDim, rotaryDim });
  const defaultTheta = typeof family.defaults['rope_theta'] === 'number' ? family.defaults['rope_theta'] : 10000;
  const rope = readRope(fields, 'full_attention', defaultTheta, problems);
  problems.push(...factorProblems(rope, rotaryDim));
  const eosTokenIds = endTokens(fields.eos_token_id, generation['eos_token_id']);
  for (const id of eosTokenIds) {
    if (id >= fields.vocab_size) problems.push(`eos_token_id is ${id}, but vocab_size is ${fields.vocab_size}`);
  }
  const readLocal = (key: 'sliding_attention', theta: number) => readRope(fields, key, theta, problems);
  const settings = family.settings?.({ fields, headDim, readRope: readLocal });
  if (problems.length > 0) throw unsupportedForm(where, problems);
  return {
    modelType: family.name,
    vocabSize: fields.vocab_size,
    hiddenSize: fields.hidden_size,
    intermediateSize: fields.intermediate_size,
    numLayers: fields.num_hidden_layers,
    numAttentionHeads: fields.num_attention_heads,
    numKeyValueHeads,
    headDim,
    rotaryDim,
    normEps: fields[normEpsField(family)] ?? 1e-6,
    ...rope,
    maxPositionEmbeddings: fields.max_position_embeddings,
    tieWordEmbeddings: fields.tie_word_embeddings,
    biases: { attentionInput: false, attentionOutput: false, mlp: false },
    layers: Array.from({ length: fields.num_hidden_layers }, () => ({ rotary: 'main' as const })),
    attentionScale: 1 / Math.sqrt(headDim),
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    isParallel: false,
    hasHeadNorms: false,
    ...settings,
    bosTokenId: fields.bos_token_id ?? null,
    eosTokenIds,
    padTokenId: fields.pad_token_id ?? null,
    raw,
  };
}

/**
 * Writes `config.json` and `generation_config.json` as transformers reads them. Fields of `raw` that this project does not interpret are
 * kept, and so are those that say in some spelling what is meant.
 */
export async function writeModelConfig(dir: string, config: ModelConfig): Promise<void> {
  const family = familyOf(config);
  const [firstEos = null] = config.eosTokenIds;
  const tokens = {
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds.length > 1 ? config.eosTokenIds : firstEos,
    pad_token_id: config.padTokenId,
  };
  await writeJsonAtomic(join(dir, 'config.json'), {
    ...config.raw,
    architectures: [`${family.className}ForCausalLM`],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numAttentionHeads,
    num_key_value_heads: config.numKeyValueHeads,
    head_dim: config.headDim,
    [normEpsField(family)]: config.normEps,
    max_position_embeddings: config.maxPositionEmbeddings,
    tie_word_embeddings: config.tieWordEmbeddings,
    ...(config.raw['rope_parameters'] == null && { rope_theta: config.ropeTheta }),
    ...tokens,
  });
  const present = Object.entries(tokens).filter(([, id]) => id !== null);
  await writeJsonAtomic(join(dir, 'generation_config.json'), { _from_model_config: true, ...Object.fromEntries(present) });
}

/** The file's fields, and what transformers assumes for those it does not have. */
function withDefaults(family: ModelFamily, raw: JsonObject): JsonObject {
  const present = Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined));
  return { tie_word_embeddings: false, ...family.defaults, ...present };
}

function normEpsField({ norm }: ModelFamily): 'layer_norm_eps' | 'rms_norm_eps' {
  return norm === 'layer' ? 'layer_norm_eps' : 'rms_norm_eps';
}

/** Names of transformers' activations that compute what a family has. */
const ACTIVATION_NAMES: Record<ModelFamily['activation'], readonly string[]> = {
  silu: ['silu', 'swish'],
  'gelu-tanh': ['gelu_pytorch_tanh'],
};

/** What is wrong with fields that are well-formed each. */
function problemsOf(
  family: ModelFamily,
  fields: RawConfig,
  { numKeyValueHeads, headDim, rotaryDim }: Pick<ModelConfig, 'numKeyValueHeads' | 'headDim' | 'rotaryDim'>,
): string[] {
  const { num_attention_heads: numHeads, num_hidden_layers: numLayers } = fields;
  const problems: string[] = [];
  const className = `${family.className}ForCausalLM`;
  fields.architectures?.forEach((name, i) => {
    if (name !== className) problems.push(`architectures.${i} is ${shown(name)}; supported: ${className}`);
  });
  const activationField = family.activationField ?? 'hidden_act';
  const activation = fields[activationField];
  const names = family.activationNames ?? ACTIVATION_NAMES[family.activation];
  if (activation != null && !names.includes(activation))
    problems.push(`${activationField} is ${shown(activation)}; supported: ${names[0]}`);
  if (numHeads % numKeyValueHeads !== 0)
    problems.push(`num_key_value_heads is ${numKeyValueHeads}, which does not divide num_attention_heads ${numHeads}`);
  if (headDim % 2 !== 0) problems.push(`head_dim is ${headDim}; rotary embeddings need an even number`);
  else if (rotaryDim % 2 !== 0 || rotaryDim === 0)
    problems.push(`partial_rotary_factor turns ${rotaryDim} of ${headDim} dimensions; rotary embeddings need an even number`);
  if (rotaryDim !== headDim && family.hasPartialRotary !== true)
    problems.push('partial_rotary_factor is not supported: rotary embeddings cover the whole head in this family');
  for (const field of ['layer_types', 'no_rope_layers'] as const) {
    const length = fields[field]?.length ?? numLayers;
    if (length < numLayers) problems.push(`${field} names ${length} layers, but num_hidden_layers is ${numLayers}`);
  }
  return problems;
}

function endTokens(...sources: readonly unknown[]): number[] {
  const ids = sources.flat().filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0);
  return [...new Set(ids)];
}

function unsupportedForm(where: string, problems: readonly string[]): ModelError {
  const text = problems.length === 1 ? problems[0]! : `${problems.length} problems${problemLines(problems)}`;
  return new ModelError(text, {
    where,
    hint: `use an unquantised model of one of the families ${familyTitles()}`,
    details: { problems },
  });
}
