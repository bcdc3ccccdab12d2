import { join } from 'node:path';
import { InternalError, ModelError, pathExists, writeJsonAtomic } from '@pharmacist/core';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { adapterConfigSchema } from './adapter-config.ts';
import type { ModelConfig } from './config.ts';
import { checkFinite } from './finite.ts';
import { readJsonObject } from './json-file.ts';
import { moduleName, type Projection, projectionsOf } from './decoder/projections.ts';
import { problemLines } from './problem-list.ts';
import type { ResidentParameters } from './train/resident-parameters.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const CONFIG_FILE = 'adapter_config.json';
const WEIGHTS_FILE = 'adapter_model.safetensors';
/** PEFT wraps the model twice before it writes names. */
const PREFIX = 'base_model.model.';
/** Key of the safetensors metadata that holds the base model's content hash. */
const BASE_HASH = 'base_model_sha256';

/** A low-rank update of some projections of every layer: W + scale B A. */
export interface LoraAdapter {
  readonly rank: number;
  readonly alpha: number;
  /** alpha / rank, or alpha / sqrt(rank) where PEFT's rank-stabilised form was trained. */
  readonly scale: number;
  /** Names of projections, `q_proj` to `down_proj`. */
  readonly targetModules: readonly string[];
  /** Dropout in training; what was trained does not depend on it. */
  readonly dropout: number;
  readonly baseModelName: string;
  /** `contentHash` of the model it was trained on, where that is known: PEFT does not write it. */
  readonly baseModelHash?: string | undefined;
  /** By module, `model.layers.0.self_attn.q_proj`: a f32 [rank, in], b f32 [out, rank]. */
  readonly factors: Map<string, { readonly a: HostTensor; readonly b: HostTensor }>;
  /** While it is trained on a device: the factors there. Those of `factors` are as old as the last checkpoint until training ends. */
  resident?: ResidentParameters | undefined;
}

/**
 * Reads a LoRA adapter that PEFT or this project wrote, for a model of this configuration.
 * @throws {ModelError} listing every option that is not supported, or every tensor that is missing, unexpected or of a shape that belongs to
 * another base model; or naming the first NaN or infinity.
 */
export async function readAdapter(dir: string, modelConfig: ModelConfig): Promise<LoraAdapter> {
  const configPath = join(dir, CONFIG_FILE);
  const weightsPath = join(dir, WEIGHTS_FILE);
  for (const [file, path] of [
    [CONFIG_FILE, configPath],
    [WEIGHTS_FILE, weightsPath],
  ] as const) {
    if (!(await pathExists(path))) {
      throw new ModelError(`has no ${file}`, { where: dir, hint: 'name the directory of a PEFT adapter with its weights as safetensors' });
    }
  }
  const parsed = adapterConfigSchema.safeParse(await readJsonObject(configPath));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
    throw listed(configPath, 'is not a supported adapter', problems, 'use a plain LoRA adapter on projections of attention and MLP');
  }
  const { r: rank, lora_alpha: alpha, target_modules: targets } = parsed.data;
  const projections = projectionsOf(modelConfig).filter(({ name }) => targets === 'all-linear' || targets.includes(name));
  const { tensors, metadata } = await readSafetensors(weightsPath);
  const factors = takeFactors(tensors, rank, projections, modelConfig, weightsPath);
  return {
    rank,
    alpha,
    scale: parsed.data.use_rslora === true ? alpha / Math.sqrt(rank) : alpha / rank,
    targetModules: projections.map(({ name }) => name),
    dropout: parsed.data.lora_dropout,
    baseModelName: parsed.data.base_model_name_or_path ?? '',
    baseModelHash: metadata[BASE_HASH],
    factors,
  };
}

/** Writes a directory that `PeftModel.from_pretrained` opens. Equal adapters give equal bytes. */
export async function writeAdapter(dir: string, adapter: LoraAdapter): Promise<void> {
  const tensors = new Map<string, HostTensor>();
  for (const [module, { a, b }] of adapter.factors) {
    tensors.set(`${PREFIX}${module}.lora_A.weight`, a);
    tensors.set(`${PREFIX}${module}.lora_B.weight`, b);
  }
  const { baseModelHash } = adapter;
  await writeSafetensors(join(dir, WEIGHTS_FILE), tensors, {
    metadata: { format: 'pt', ...(baseModelHash !== undefined && { [BASE_HASH]: baseModelHash }) },
  });
  await writeJsonAtomic(join(dir, CONFIG_FILE), {
    alpha_pattern: {},
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
    rank_pattern: {},
    revision: null,
    target_modules: [...adapter.targetModules].sort(),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: isRankStabilised(adapter),
  });
}

function isRankStabilised({ scale, alpha, rank }: LoraAdapter): boolean {
  if (scale === alpha / rank) return false;
  if (scale === alpha / Math.sqrt(rank)) return true;
  throw new InternalError(`an adapter of rank ${rank} and alpha ${alpha} cannot have scale ${scale} in PEFT's format`);
}

function takeFactors(
  tensors: ReadonlyMap<string, HostTensor>,
  rank: number,
  projections: readonly Projection[],
  modelConfig: ModelConfig,
  path: string,
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
  for (let layer = 0; layer < modelConfig.numLayers; layer++) {
    for (const projection of projections) {
      const module = moduleName(layer, projection);
      const [out, input] = projection.shape(modelConfig);
      const a = take(`${PREFIX}${module}.lora_A.weight`, [rank, input]);
      const b = take(`${PREFIX}${module}.lora_B.weight`, [out, rank]);
      if (a !== undefined && b !== undefined) factors.set(module, { a, b });
    }
  }
  for (const name of rest.keys()) problems.push(`${name} is not expected`);
  if (problems.length > 0)
    throw listed(path, 'does not fit the base model', problems, 'use the base model that the adapter was trained on');
  return factors;
}

function listed(where: string, what: string, problems: readonly string[], hint: string): ModelError {
  return new ModelError(`${what}:${problemLines(problems)}`, { where, hint, details: { problems } });
}
