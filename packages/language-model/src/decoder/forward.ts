import * as tf from '@tensorflow/tfjs-core';
import { geGlu, loraLinear, rotary, segment, swiGlu } from '@pharmacist/tensor-kernels';
import { familyOf } from '../config.ts';
import { anglesAt } from './angles.ts';
import type { Attend } from './attend.ts';
import { droppedIncrement } from './lora-dropout.ts';
import { normalise, normaliseHeads } from './norm.ts';
import { headWidths, moduleName, PROJECTIONS } from './projections.ts';
import { originalLength } from './rotary-tables.ts';
import type { Angles, ModelTensors } from './tensors.ts';

/**
 * Places where a training method looks into the forward pass or changes it. Each is given a tensor f32 [B * T, D] and returns the one that
 * the pass goes on with; what it keeps for later is one of the two.
 */
export interface ForwardHooks {
  /** Output of a layer's self-attention module: after o_proj, before a norm of it and the residual connection. */
  attentionOutput?(layer: number, output: tf.Tensor): tf.Tensor;
  /** Output of a layer's MLP: after down_proj, before a norm of it and the residual connection. */
  mlpOutput?(layer: number, output: tf.Tensor): tf.Tensor;
  /** The residual stream: 0 the embeddings, l the output of block l, counted from 1. */
  hidden?(index: number, hidden: tf.Tensor): tf.Tensor;
  /** Output of a projection before its bias, f32 [B * T, out]: a factor on it is one on the projection's matrix. */
  projection?(layer: number, output: tf.Tensor): tf.Tensor;
}

/** One pass over the blocks. */
interface Pass {
  readonly tensors: ModelTensors;
  /** Of each layer; layers without positions have none. */
  readonly angles: readonly (Angles | undefined)[];
  readonly attend: Attend;
  readonly hooks: ForwardHooks;
  readonly batchSize: number;
  readonly length: number;
}

/**
 * The decoder stack of a model's family: blocks of attention and a gated MLP with residual connections, and norms where the family has them.
 * @param inputIds i32 [B, T]. @param positions i32 [B, T].
 * @returns f32 [B * T, D], the residual stream after the last block, before the final norm.
 */
export function hiddenStates(
  tensors: ModelTensors,
  inputIds: tf.Tensor,
  positions: tf.Tensor,
  attend: Attend,
  hooks: ForwardHooks = {},
): tf.Tensor {
  const { config } = tensors;
  const [batchSize, length] = inputIds.shape as [number, number];
  const angles = anglesOfLayers(tensors, positions);
  const pass: Pass = { tensors, angles, attend, hooks, batchSize, length };
  const hidden = (index: number, x: tf.Tensor) => hooks.hidden?.(index, x) ?? x;
  const embeddings = tf.gather(tensors.weight('model.embed_tokens.weight'), tf.reshape(inputIds, [batchSize * length]) as tf.Tensor1D);
  let x = hidden(0, times(embeddings, config.embeddingScale));
  for (let layer = 0; layer < config.numLayers; layer++) x = hidden(layer + 1, blockSegment(pass, layer, x));
  return x;
}

/** Each layer's angles; those of a kind are made once. */
function anglesOfLayers(tensors: ModelTensors, positions: tf.Tensor): (Angles | undefined)[] {
  const { config } = tensors;
  const isLong = tensors.isLong ?? positions.shape[1]! > (originalLength(config) ?? Infinity);
  const kinds = config.layers.map(({ rotary: kind }) => (kind === 'main' && isLong ? 'long' : kind));
  const made = new Map<string, Angles>();
  for (const kind of kinds) if (kind !== 'none' && !made.has(kind)) made.set(kind, anglesAt(tensors, kind, positions));
  return kinds.map((kind) => made.get(kind));
}

/** One block, which a recomputed program makes again in its backward pass but for what hooks saw of it. */
function blockSegment(pass: Pass, layer: number, x: tf.Tensor): tf.Tensor {
  const body = () => {
    const outputs = new Set<tf.Tensor>();
    const watched = (name: 'attentionOutput' | 'mlpOutput') => (at: number, given: tf.Tensor) => {
      const taken = pass.hooks[name]?.(at, given);
      if (taken !== undefined) outputs.add(given).add(taken);
      return taken ?? given;
    };
    const hooks = { ...pass.hooks, attentionOutput: watched('attentionOutput'), mlpOutput: watched('mlpOutput') };
    const last = block({ ...pass, hooks }, layer, x);
    return [last, ...[...outputs].filter((output) => output !== last)];
  };
  return segment(body)[0]!;
}

/** One block: the residual stream f32 [B * T, D] before and after it. */
function block(pass: Pass, layer: number, x: tf.Tensor): tf.Tensor {
  const { config } = pass.tensors;
  const { norms } = familyOf(config);
  const normed = (name: string | undefined, y: tf.Tensor) =>
    name === undefined ? y : normalise(pass.tensors, `model.layers.${layer}.${name}`, y);
  const added = (name: string | undefined, y: tf.Tensor) => times(normed(name, y), config.residualScale);
  const attentionInput = normed(norms.attentionInput, x);
  const attended = tf.add(x, added(norms.attentionOutput, attentionModule(pass, layer, attentionInput)));
  const mlpInput = config.isParallel ? attentionInput : normed(norms.mlpInput, attended);
  return tf.add(attended, added(norms.mlpOutput, mlpModule(pass, layer, mlpInput)));
}

function attentionModule(pass: Pass, layer: number, input: tf.Tensor): tf.Tensor {
  const { tensors, batchSize, length, attend, hooks } = pass;
  const { config } = tensors;
  const { queryAndKey } = familyOf(config).norms;
  const widths = headWidths(config);
  const [query, key, value] = parts(pass, layer, input, 'qkv_proj', [
    ['q_proj', widths.query],
    ['k_proj', widths.key],
    ['v_proj', widths.key],
  ]) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const module = `model.layers.${layer}.self_attn`;
  const whole = (name: 'q' | 'k', x: tf.Tensor) => (queryAndKey === 'width' ? normalise(tensors, `${module}.${name}_norm`, x) : x);
  const each = (name: 'q' | 'k', x: tf.Tensor) => {
    if (config.hasHeadNorms) return normaliseHeads(tensors, `${module}.${name}_layernorm`, x);
    return queryAndKey === 'head' ? normalise(tensors, `${module}.${name}_norm`, x) : x;
  };
  const split = (x: tf.Tensor) =>
    tf.transpose(tf.reshape(x, [batchSize, length, x.size / (batchSize * length * config.headDim), config.headDim]), [0, 2, 1, 3]); // [B, H, T, headDim]
  const angles = pass.angles[layer];
  const turned = (x: tf.Tensor) => (angles === undefined ? x : rotary(x, angles.rows, angles.tables));
  const heads = attend(layer, turned(each('q', split(whole('q', query)))), turned(each('k', split(whole('k', key)))), split(value));
  const merged = tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [batchSize * length, widths.query]);
  const output = project(pass, layer, 'o_proj', merged);
  return hooks.attentionOutput?.(layer, output) ?? output;
}

function mlpModule(pass: Pass, layer: number, input: tf.Tensor): tf.Tensor {
  const { config } = pass.tensors;
  const [gate, up] = parts(pass, layer, input, 'gate_up_proj', [
    ['gate_proj', config.intermediateSize],
    ['up_proj', config.intermediateSize],
  ]) as [tf.Tensor, tf.Tensor];
  const gated = familyOf(config).activation === 'silu' ? swiGlu(gate, up) : geGlu(gate, up);
  const output = project(pass, layer, 'down_proj', gated);
  return pass.hooks.mlpOutput?.(layer, output) ?? output;
}

/** Outputs of several projections of one input, whether the family has them apart or as one. */
function parts(
  pass: Pass,
  layer: number,
  input: tf.Tensor,
  fusedName: string,
  apart: readonly (readonly [name: string, width: number])[],
): tf.Tensor[] {
  if (familyOf(pass.tensors.config).isFused !== true) return apart.map(([name]) => project(pass, layer, name, input));
  const whole = project(pass, layer, fusedName, input);
  let start = 0;
  return apart.map(([, width]) => {
    const part = tf.slice(whole, [0, start], [-1, width]);
    start += width;
    return part;
  });
}

function project({ tensors, hooks }: Pass, layer: number, name: string, input: tf.Tensor): tf.Tensor {
  const projection = PROJECTIONS.get(name);
  const module = moduleName(layer, projection);
  const weight = tensors.weight(`${module}.weight`);
  const product = adapted(tensors, module, input, weight);
  const output = hooks.projection?.(layer, product) ?? product;
  return tensors.config.biases[projection.bias] ? tf.add(output, tensors.weight(`${module}.bias`)) : output;
}

function adapted(tensors: ModelTensors, module: string, input: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  const { dropoutKeys, loraScale } = tensors;
  const [factors, beneath] = [tensors.lora(module), tensors.beneath(module)];
  const frozen = () => (beneath === undefined ? tf.matMul(input, weight, false, true) : loraLinear(input, weight, beneath, 1));
  if (factors === undefined) return frozen();
  if (dropoutKeys !== undefined) return tf.add(frozen(), droppedIncrement(input, factors, loraScale, module, dropoutKeys));
  const trained = loraLinear(input, weight, factors, loraScale);
  return beneath === undefined ? trained : tf.add(trained, tf.matMul(tf.matMul(input, beneath.a, false, true), beneath.b, false, true));
}

function times(x: tf.Tensor, factor: number): tf.Tensor {
  return factor === 1 ? x : tf.mul(x, factor);
}
