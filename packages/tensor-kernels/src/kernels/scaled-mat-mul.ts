import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

interface Attributes {
  transposeA: boolean;
  transposeB: boolean;
  alpha: number;
}

/** alpha op(a) op(b) in one kernel: the factor costs no pass over the result. Building block of the fused gradients; not differentiated. */
const kernel = defineKernel<Attributes>({
  name: 'ScaledMatMul',
  lower: (graph, { a, b }, attrs) => graph.matMul(a!, b!, attrs),
  compose: ({ a, b }, { transposeA, transposeB, alpha }) => tf.mul(tf.matMul(a!, b!, transposeA, transposeB), alpha),
});

export function scaledMatMul(
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA = false, transposeB = false, alpha = 1 }: Partial<Attributes> = {},
): tf.Tensor {
  return kernel.run({ a, b }, { transposeA, transposeB, alpha })[0]!;
}
