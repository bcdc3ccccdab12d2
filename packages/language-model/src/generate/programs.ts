import * as tf from '@tensorflow/tfjs-core';
import { type Program, scaledMatMul } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import { type Attend, attendWithin, windowOf } from '../decoder/attend.ts';
import { hiddenStates } from '../decoder/forward.ts';
import { finalNorm } from '../decoder/norm.ts';
import { outputLogits } from '../decoder/output.ts';
import type { ModelTensors } from '../decoder/tensors.ts';
import { bindTensors } from '../loss.ts';
import { cacheNames } from './key-value-cache.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** What a program is made for. */
export interface DecodingOptions {
  readonly config: ModelConfig;
  /** alpha / rank; 0 without an adapter. */
  readonly loraScale: number;
  /** Whether the likeliest token is all that is asked for; see `nextTokens`. */
  readonly isGreedy: boolean;
  /** Whether texts are beyond the original length of a model that tells the two apart; see ModelTensors. */
  readonly isLong: boolean | undefined;
}

/**
 * Reads whole prompts, padded on the left to T.
 * Inputs `inputIds` i32 [B, T], `positions` i32 [B, T], `mask` f32 [B, 1, 1, 1, T] added to the scores of padding.
 * Outputs what `nextTokens` says of the last token, and each layer's rotated keys and values f32 [B, G, T, headDim] as `cacheNames` calls them.
 */
export function prefillProgram({ config, loraScale, isGreedy, isLong }: DecodingOptions): Program {
  return (inputs) => {
    const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
    const { attend, entries } = recording(attendWithin(config, length, inputs['mask']!));
    const tensors = bindTensors(config, inputs, loraScale, isLong);
    const hidden = hiddenStates(tensors, inputs['inputIds']!, inputs['positions']!, attend);
    const last = tf.slice(
      tf.reshape(hidden, [batchSize, length, config.hiddenSize]),
      [0, length - 1, 0],
      [batchSize, 1, config.hiddenSize],
    );
    return { ...nextTokens(tensors, tf.reshape(last, [batchSize, config.hiddenSize]), isGreedy), ...entries };
  };
}

/**
 * Reads one token a row, over the keys and values of C cache slots and its own.
 * Inputs `inputIds` i32 [B, 1], `positions` i32 [B, 1], `mask` f32 [B, 1, 1, C] added to the scores of empty slots, for each window narrower
 * than C a mask f32 [1, 1, 1, C] as `windowInput` calls it, added to the scores of slots before it, and the caches f32 [B, G, C, headDim]. Outputs what `nextTokens` says, and each layer's new key and value f32 [B, G, 1, headDim].
 */
export function decodeProgram({ config, loraScale, isGreedy, isLong }: DecodingOptions): Program {
  return (inputs) => {
    const { attend, entries } = recording(attendToCache(config, inputs));
    const tensors = bindTensors(config, inputs, loraScale, isLong);
    const hidden = hiddenStates(tensors, inputs['inputIds']!, inputs['positions']!, attend);
    return { ...nextTokens(tensors, hidden, isGreedy), ...entries };
  };
}

/** The input that masks what lies before a window. */
export function windowInput(window: number): string {
  return `mask.window ${window}`;
}

/** Attention in two parts, the cache and the new token, under one softmax: the cache is read where it lies and never copied. */
function attendToCache(config: ModelConfig, inputs: Tensors): Attend {
  const { numKeyValueHeads: groups, numAttentionHeads: heads, headDim } = config;
  const { attentionScale: alpha, scoreCap: cap } = config;
  const capped = (scores: tf.Tensor) => (cap === undefined ? scores : tf.mul(tf.tanh(tf.mul(scores, 1 / cap)), cap));
  return (layer, query, newKey, newValue) => {
    const names = cacheNames(layer);
    const [keys, values] = [inputs[names.key]!, inputs[names.value]!];
    const [batchSize, , capacity] = keys.shape as [number, number, number, number];
    // The query heads of a group stand where the time axis is: no repeated keys.
    const grouped = tf.reshape(query, [batchSize, groups, heads / groups, headDim]);
    const window = windowOf(config, layer, capacity);
    const mask = window === capacity ? inputs['mask']! : tf.add(inputs['mask']!, inputs[windowInput(window)]!);
    const old = tf.add(capped(scaledMatMul(grouped, keys, { transposeB: true, alpha })), mask); // [B, G, H/G, C]
    const own = capped(tf.mul(tf.sum(tf.mul(grouped, newKey), 3, true), alpha)); // [B, G, H/G, 1]
    const weights = tf.softmax(tf.concat([old, own], 3));
    const part = (start: number, size: number) => tf.slice(weights, [0, 0, 0, start], [-1, -1, -1, size]);
    const attended = tf.add(tf.matMul(part(0, capacity), values), tf.mul(part(capacity, 1), newValue));
    return tf.reshape(attended, [batchSize, heads, 1, headDim]);
  };
}

/** The same attention, with each layer's keys and values kept as outputs of the program. */
function recording(attend: Attend): { attend: Attend; entries: Record<string, tf.Tensor> } {
  const entries: Record<string, tf.Tensor> = {};
  return {
    entries,
    attend: (layer, query, key, value) => {
      const names = cacheNames(layer);
      entries[names.key] = key;
      entries[names.value] = value;
      return attend(layer, query, key, value);
    },
  };
}

/**
 * Of the logits after a token, f32 [B, V]: `logits`, or for greedy decoding `likeliest` i32 [B], the first of equal ones, and `logitSums` f32
 * [B], finite if every logit is. The logits of a batch are megabytes a token, which are then neither moved nor searched in JavaScript.
 */
function nextTokens(tensors: ModelTensors, hidden: tf.Tensor, isGreedy: boolean): Record<string, tf.Tensor> {
  const logits = outputLogits(tensors, finalNorm(tensors, hidden));
  return isGreedy ? { likeliest: tf.argMax(logits, 1), logitSums: tf.sum(logits, 1) } : { logits };
}
