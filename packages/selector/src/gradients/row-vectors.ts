import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '@pharmacist/tensor-kernels';

// Inside a program a vector for each row of a batch is a list of parts f32 [B, n], one a LoRA factor: joined, they would be copied.

/** Keeps the unit vector of an empty place at 0. */
const SMALLEST_SQUARE = 1e-30;

/** f32 [B, ...] as [B, n]. */
export function asRows(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
}

export function sumOf(terms: readonly tf.Tensor[]): tf.Tensor {
  return terms.reduce((sum, term) => tf.add(sum, term));
}

/** |x_i|^2, f32 [B, 1]. */
export function squaredNorms(parts: readonly tf.Tensor[]): tf.Tensor {
  return sumOf(parts.map((part) => tf.sum(tf.square(part), 1, true)));
}

/**
 * The sum, over the rows of a batch, of the unit vector along each row's. The mean of cosines with several vectors is the inner product with the
 * mean of their unit vectors, so no vector need be kept. @returns its parts, f32 [n, 1] each.
 */
export function sumOfUnits(parts: readonly tf.Tensor[]): tf.Tensor[] {
  const scale = tf.rsqrt(tf.maximum(squaredNorms(parts), SMALLEST_SQUARE));
  return parts.map((part) => tf.matMul(part, scale, true, false));
}
