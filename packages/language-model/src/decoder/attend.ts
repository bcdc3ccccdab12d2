import * as tf from '@tensorflow/tfjs-core';
import { attention } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';

/** How a layer attends: over the sequence itself, or over a cache and the new token. */
export type Attend = (layer: number, query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) => tf.Tensor;

/** Added to a score, it makes the weight exactly 0 in float32. */
export const MASKED_SCORE = -1e9;

/**
 * Additive causal mask, f32 [1, 1, 1, T, T]: 0 on and below the diagonal, and with a window only on that many diagonals. With padding on the
 * right it is all that training needs.
 */
export function causalMask(length: number, window = length): tf.Tensor {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) {
    mask.fill(MASKED_SCORE, row * length, row * length + Math.max(0, row + 1 - window));
    mask.fill(MASKED_SCORE, row * length + row + 1, (row + 1) * length);
  }
  return tf.tensor(mask, [1, 1, 1, length, length]);
}

/** Positions 0 .. T-1 in every row, i32 [B, T]. */
export function plainPositions(batchSize: number, length: number): tf.Tensor {
  return tf.tensor(
    Int32Array.from({ length: batchSize * length }, (_, i) => i % length),
    [batchSize, length],
    'int32',
  );
}

/**
 * Causal self-attention over whole sequences of length T, each layer in its window.
 * @param padding f32 that broadcasts to [B, 1, 1, 1, T], added to the scores of keys that no token may see.
 */
export function attendWithin(config: ModelConfig, length: number, padding?: tf.Tensor): Attend {
  const masks = new Map(
    windowsWithin(config, length).map((window) => {
      const mask = causalMask(length, window);
      return [window, padding === undefined ? mask : tf.add(mask, padding)] as const;
    }),
  );
  return (layer, query, key, value) => {
    const mask = masks.get(windowOf(config, layer, length))!;
    return attention(query, key, value, mask, config.attentionScale, config.scoreCap);
  };
}

/** Tokens that a token of a layer sees of `length`; all of them where the window is wider. */
export function windowOf({ layers }: Pick<ModelConfig, 'layers'>, layer: number, length: number): number {
  return Math.min(layers[layer]!.window ?? length, length);
}

/** The different windows of a model's layers over sequences of this length. */
export function windowsWithin(config: Pick<ModelConfig, 'layers'>, length: number): number[] {
  return [...new Set(config.layers.map((_, layer) => windowOf(config, layer, length)))];
}
