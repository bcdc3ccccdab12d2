import { join } from 'node:path';
import { InternalError, ModelError, pathExists, writeJsonAtomic } from '@pharmacist/core';
import { float32, floats, type HostTensor } from '@pharmacist/tensor-kernels';
import { adapterConfigSchema } from './adapter-config.ts';
import { type AdaptedModule, adaptedModules, scaleOf } from './adapter-modules.ts';
import type { ModelConfig } from './config.ts';
import { checkFinite } from './finite.ts';
import { readJsonObject } from './json-file.ts';
import { problemLines } from './problem-list.ts';
import type { DropoutMasks } from './train/dropout-masks.ts';
import type { ResidentParameters } from './train/resident-parameters.ts';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';
/** PEFT wraps the model twice before it writes names. */
const PREFIX = 'base_model.model.';
/** Key of the safetensors metadata that holds the base model's content hash. */
const BASE_HASH = 'base_model_sha256';
/** Keys that hold the template which rows were put to the model with, and the hash of the chat template where it was that. */
const TEMPLATE = 'prompt_template';
const TEMPLATE_HASH = 'chat_template_sha256';

/** The form that an adapter knows prompts in. */
export interface TrainedTemplate {
  readonly name: string;
  /** SHA-256 of the model's chat template, where that is the form. */
  readonly sourceHash?: string | undefined;
}

/** Where an adapter comes from: what it was trained on, and in which form. */
export interface AdapterOrigin {
  /** What `AutoPeftModel` opens: the base model's name on the Hub, or the path of its directory. Empty if nobody said. */
  readonly baseModelName: string;
  /** Commit on the Hub. */
  readonly baseModelRevision?: string | undefined;
  /** `contentHash` of the model it was trained on, where that is known: PEFT does not write it. */
  readonly baseModelHash?: string | undefined;
  /** Undefined for an adapter of somebody else's, who does not say. */
  readonly template?: TrainedTemplate | undefined;
}

/** A low-rank update of some projections of some layers: W + scale B A. */
export interface LoraAdapter extends AdapterOrigin {
  /** Of most modules; a module may have another. */
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, or alpha / sqrt(rank) where PEFT's rank-stabilised form was trained: one for all modules. */
  readonly scale: number;
  /** Names of projections, `q_proj` to `down_proj`; full names of modules if not every layer has the same. */
  readonly targetModules: readonly string[];
  /** Share of what reaches A that is left out in training, at random; what was trained does not depend on it. */
  readonly dropout: number;
  /** By module, `model.layers.0.self_attn.q_proj`: a f32 [rank, in], b f32 [out, rank]. */
  readonly factors: Map<string, { readonly a: HostTensor; readonly b: HostTensor }>;
  /** While it is trained with dropout: what is left out in each pass. */
  masks?: DropoutMasks | undefined;
  /** While it is trained on a device: the factors there. Those of `factors` are as old as the last checkpoint until training ends. */
  resident?: ResidentParameters | undefined;
}

/**
 * Reads a LoRA adapter that PEFT or this project wrote, for a model of this configuration. Where `alpha_pattern` gives modules scales of their
 * own, these are moved into their B, so that one scale is left.
 * @throws {ModelError} listing every option that is not supported, or every tensor that is missing, unexpected or of a shape that belongs to
 * another base model; or naming the first NaN or infinity.
 */
export async function readAdapter(dir: string, modelConfig: ModelConfig): Promise<LoraAdapter> {
  await checkFiles(dir);
  const configPath = join(dir, CONFIG_FILE);
  const weightsPath = join(dir, WEIGHTS_FILE);
  const parsed = adapterConfigSchema.safeParse(await readJsonObject(configPath));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw listed(configPath, 'is not a supported adapter', problems, 'use a plain LoRA adapter on projections of attention and MLP');
  }
  const { r: rank, lora_alpha: alpha, use_rslora: isStabilised, ...config } = parsed.data;
  const scale = scaleOf(alpha, rank, isStabilised === true);
  const modules = adaptedModules(parsed.data, modelConfig, configPath);
  const { tensors, metadata } = await readSafetensors(weightsPath);
  const factors = takeFactors(tensors, modules, { modelConfig, scale, path: weightsPath });
  const names = new Set(modules.map(({ projection }) => projection.name));
  const { [TEMPLATE]: template, [TEMPLATE_HASH]: sourceHash } = metadata;
  return {
    rank,
    alpha,
    scale,
    targetModules: modules.length === names.size * modelConfig.numLayers ? [...names] : modules.map(({ name }) => name),
    dropout: config.lora_dropout,
    baseModelName: config.base_model_name_or_path ?? '',
    baseModelRevision: config.revision ?? undefined,
    baseModelHash: metadata[BASE_HASH],
    template: template === undefined ? undefined : { name: template, sourceHash },
    factors,
  };
}

/**
 * The form that the adapter in a directory was trained in; undefined if its maker does not say.
 * @throws {ModelError} if there is no adapter.
 */
export async function readAdapterTemplate(dir: string): Promise<TrainedTemplate | undefined> {
  await checkFiles(dir);
  const file = await SafetensorsFile.open(join(dir, WEIGHTS_FILE));
  try {
    const { [TEMPLATE]: name, [TEMPLATE_HASH]: sourceHash } = file.metadata;
    return name === undefined ? undefined : { name, sourceHash };
  } finally {
    await file.close();
  }
}

/** Writes a directory that `PeftModel.from_pretrained` opens. Equal adapters give equal bytes. */
export async function writeAdapter(dir: string, adapter: LoraAdapter): Promise<void> {
  const tensors = new Map<string, HostTensor>();
  for (const [module, { a, b }] of adapter.factors) {
    tensors.set(`${PREFIX}${module}.lora_A.weight`, a);
    tensors.set(`${PREFIX}${module}.lora_B.weight`, b);
  }
  const { baseModelHash, template } = adapter;
  const isStabilised = isRankStabilised(adapter);
  const ranks = [...adapter.factors].map(([module, { a }]) => [module, a.shape[0]!] as const).filter(([, rank]) => rank !== adapter.rank);
  const alphaOf = (rank: number) => adapter.scale * (isStabilised ? Math.sqrt(rank) : rank);
  await writeSafetensors(join(dir, WEIGHTS_FILE), tensors, {
    metadata: {
      format: 'pt',
      ...(baseModelHash !== undefined && { [BASE_HASH]: baseModelHash }),
      ...(template !== undefined && { [TEMPLATE]: template.name }),
      ...(template?.sourceHash !== undefined && { [TEMPLATE_HASH]: template.sourceHash }),
    },
  });
  await writeJsonAtomic(join(dir, CONFIG_FILE), {
    alpha_pattern: Object.fromEntries(ranks.map(([module, rank]) => [module, alphaOf(rank)])),
    auto_mapping: null,
    base_model_name_or_path: adapter.baseModelName,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: adapter.alpha,
    lora_dropout: adapter.dropout,
    modules_to_save: null,
    peft_type: 'LORA',
    r: adapter.rank,
    rank_pattern: Object.fromEntries(ranks),
    revision: adapter.baseModelRevision ?? null,
    target_modules: [...adapter.targetModules].sort(),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: isStabilised,
  });
}

async function checkFiles(dir: string): Promise<void> {
  const hint = 'name the directory of a PEFT adapter with its weights as safetensors';
  if (!(await pathExists(dir))) throw new ModelError('does not exist', { where: dir, hint });
  for (const file of [CONFIG_FILE, WEIGHTS_FILE]) {
    if (!(await pathExists(join(dir, file)))) {
      throw new ModelError(`has no ${file}`, { where: dir, hint });
    }
  }
}

function isRankStabilised({ scale, alpha, rank }: LoraAdapter): boolean {
  if (scale === alpha / rank) return false;
  if (scale === alpha / Math.sqrt(rank)) return true;
  throw new InternalError(`an adapter of rank ${rank} and alpha ${alpha} cannot have scale ${scale} in PEFT's format`);
}

function takeFactors(
  tensors: ReadonlyMap<string, HostTensor>,
  modules: readonly AdaptedModule[],
  { modelConfig, scale, path }: { modelConfig: ModelConfig; scale: number; path: string },
): LoraAdapter['factors'] {
  const rest = new Map(tensors);
  const problems: string[] = [];
  const take = (name: string, shape: readonly number[]): HostTensor | undefined => {
    const tensor = rest.get(name);
    rest.delete(name);
    if (tensor === undefined) problems.push(`${name} is missing`);
    else if (tensor.shape.join() !== shape.join()) {
      problems.push(`${name} is [${tensor.shape.join(', ')}], this model needs [${shape.join(', ')}]`);
    } else checkFinite(name, tensor, path);
    return tensor;
  };
  const factors: LoraAdapter['factors'] = new Map();
  for (const { name, projection, rank, scale: own } of modules) {
    const [out, input] = projection.shape(modelConfig);
    const a = take(`${PREFIX}${name}.lora_A.weight`, [rank, input]);
    const b = take(`${PREFIX}${name}.lora_B.weight`, [out, rank]);
    if (a !== undefined && b !== undefined) factors.set(name, { a, b: multiplied(b, own / scale) });
  }
  for (const name of rest.keys()) problems.push(`${name} is not expected`);
  if (problems.length > 0)
    throw listed(path, 'does not fit the base model', problems, 'use the base model that the adapter was trained on');
  return factors;
}

/** An alpha that was written as scale times rank comes back with an error in its last bit, which is none. */
const EQUAL = 1e-12;

function multiplied(tensor: HostTensor, factor: number): HostTensor {
  return Math.abs(factor - 1) < EQUAL
    ? tensor
    : float32(
        tensor.shape,
        floats(tensor).map((value) => value * factor),
      );
}

function listed(where: string, what: string, problems: readonly string[], hint: string): ModelError {
  return new ModelError(`${what}:${problemLines(problems)}`, { where, hint, details: { problems } });
}
