import { defineRegistry } from '@pharmacist/core';
import type { LlamaConfig } from '../config.ts';

/** The seven linear maps of a layer that can carry a LoRA, with their place in the state dict and their shape. */
export interface Projection {
  readonly name: string;
  readonly block: 'self_attn' | 'mlp';
  /** [out, in] */
  shape(config: LlamaConfig): readonly [number, number];
}

const queryWidth = (config: LlamaConfig) => config.numAttentionHeads * config.headDim;
const keyWidth = (config: LlamaConfig) => config.numKeyValueHeads * config.headDim;

export const PROJECTIONS = defineRegistry<Projection>('projection', [
  { name: 'q_proj', block: 'self_attn', shape: (config) => [queryWidth(config), config.hiddenSize] },
  { name: 'k_proj', block: 'self_attn', shape: (config) => [keyWidth(config), config.hiddenSize] },
  { name: 'v_proj', block: 'self_attn', shape: (config) => [keyWidth(config), config.hiddenSize] },
  { name: 'o_proj', block: 'self_attn', shape: (config) => [config.hiddenSize, queryWidth(config)] },
  { name: 'gate_proj', block: 'mlp', shape: (config) => [config.intermediateSize, config.hiddenSize] },
  { name: 'up_proj', block: 'mlp', shape: (config) => [config.intermediateSize, config.hiddenSize] },
  { name: 'down_proj', block: 'mlp', shape: (config) => [config.hiddenSize, config.intermediateSize] },
]);

/** `model.layers.3.self_attn.q_proj`: the module as the Hugging Face state dict names it. */
export function moduleName(layer: number, projection: Projection): string {
  return `model.layers.${layer}.${projection.block}.${projection.name}`;
}
