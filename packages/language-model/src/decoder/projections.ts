import { ConfigError, defineRegistry } from '@pharmacist/core';
import { familyOf, type ModelConfig } from '../config.ts';
import type { Biases } from '../families/model-family.ts';

/** A linear map of every layer that can carry a LoRA, with its place in the state dict and its shape. */
export interface Projection {
  readonly name: string;
  readonly block: 'self_attn' | 'mlp';
  /** The switch that gives it a bias. */
  readonly bias: keyof Biases;
  /** [out, in] */
  shape(config: ModelConfig): readonly [number, number];
}

/** Columns of all query heads, and of all key (or value) heads. */
export function headWidths(config: Pick<ModelConfig, 'numAttentionHeads' | 'numKeyValueHeads' | 'headDim'>): {
  query: number;
  key: number;
} {
  return { query: config.numAttentionHeads * config.headDim, key: config.numKeyValueHeads * config.headDim };
}

const SEPARATE: readonly Projection[] = [
  { name: 'q_proj', block: 'self_attn', bias: 'attentionInput', shape: (config) => [headWidths(config).query, config.hiddenSize] },
  { name: 'k_proj', block: 'self_attn', bias: 'attentionInput', shape: (config) => [headWidths(config).key, config.hiddenSize] },
  { name: 'v_proj', block: 'self_attn', bias: 'attentionInput', shape: (config) => [headWidths(config).key, config.hiddenSize] },
  { name: 'o_proj', block: 'self_attn', bias: 'attentionOutput', shape: (config) => [config.hiddenSize, headWidths(config).query] },
  { name: 'gate_proj', block: 'mlp', bias: 'mlp', shape: (config) => [config.intermediateSize, config.hiddenSize] },
  { name: 'up_proj', block: 'mlp', bias: 'mlp', shape: (config) => [config.intermediateSize, config.hiddenSize] },
  { name: 'down_proj', block: 'mlp', bias: 'mlp', shape: (config) => [config.hiddenSize, config.intermediateSize] },
];

/** Maps that hold several of the above, one under the other. */
const FUSED: readonly Projection[] = [
  {
    name: 'qkv_proj',
    block: 'self_attn',
    bias: 'attentionInput',
    shape: (config) => [headWidths(config).query + 2 * headWidths(config).key, config.hiddenSize],
  },
  { name: 'gate_up_proj', block: 'mlp', bias: 'mlp', shape: (config) => [2 * config.intermediateSize, config.hiddenSize] },
];

/** The seven of Llama: named together they mean every linear map, whatever a family calls them. */
export const EVERY_PROJECTION: readonly string[] = SEPARATE.map(({ name }) => name);

/** Every projection of any family; `projectionsOf` says which a model has. */
export const PROJECTIONS = defineRegistry<Projection>('projection', [...SEPARATE, ...FUSED]);

/** The projections of a model's layers, in the order of its state dict. */
export function projectionsOf(config: Pick<ModelConfig, 'modelType'>): readonly Projection[] {
  if (familyOf(config).isFused !== true) return SEPARATE;
  return ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'].map((name) => PROJECTIONS.get(name));
}

/**
 * Those that names mean: without names all, and all too where the seven of Llama are named together, since that means "every linear map".
 * @throws {ConfigError} naming a projection that this model does not have, and those that it has.
 */
export function chosenProjections(config: Pick<ModelConfig, 'modelType'>, names?: readonly string[]): readonly Projection[] {
  const own = projectionsOf(config);
  if (names === undefined || EVERY_PROJECTION.every((name) => names.includes(name))) return own;
  return names.map((name) => {
    const projection = own.find((each) => each.name === PROJECTIONS.get(name).name);
    if (projection !== undefined) return projection;
    const hint = `use ${own.map((each) => each.name).join(', ')}`;
    throw new ConfigError(`a model of the family ${config.modelType} has no ${name}`, { where: 'lora.targets', hint });
  });
}

/** `model.layers.3.self_attn.q_proj`: the module as the Hugging Face state dict names it. */
export function moduleName(layer: number, projection: Pick<Projection, 'block' | 'name'>): string {
  return `model.layers.${layer}.${projection.block}.${projection.name}`;
}
