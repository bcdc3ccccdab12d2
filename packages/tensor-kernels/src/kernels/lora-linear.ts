import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';
import { scaledMatMul } from './scaled-mat-mul.ts';

/**
 * A linear map with a low-rank increment (Hu et al. 2021, eq. 3): y = x W^T + scale (x A^T) B^T.
 *   u = x A^T, h = scale dy B:   dx = dy W + h A,  dA = h^T x,  dB = scale dy^T u
 *
 * With factors that carry a leading batch dimension each row of the batch has its own A and B, and their gradients are the gradients of
 * each row's loss: exact per-row gradients from one backward pass.
 */
const kernel = defineKernel<{ scale: number }>({
  name: 'LoraLinear',
  lower: (graph, { x, weight, a, b }, { scale }) => {
    const isRowWise = a!.shape.length === 3;
    const output = [...x!.shape.slice(0, -1), weight!.shape[0]!];
    const rows = isRowWise ? graph.reshape(x!, perRow(x!.shape, a!.shape)) : x!;
    const down = graph.matMul(rows, a!, { transposeB: true });
    const increment = graph.matMul(down, b!, { transposeB: true, alpha: scale });
    return [graph.binary('Add', graph.matMul(x!, weight!, { transposeB: true }), graph.reshape(increment, output)), down];
  },
  compose: ({ x, weight, a, b }, { scale }) => {
    const isRowWise = a!.rank === 3;
    const rows = isRowWise ? tf.reshape(x!, perRow(x!.shape, a!.shape)) : x!;
    const down = tf.matMul(rows, a!, false, true);
    const base = tf.matMul(x!, weight!, false, true);
    return [tf.add(base, tf.reshape(tf.mul(tf.matMul(down, b!, false, true), scale), base.shape)), down];
  },
  gradient: {
    saveInputs: ['x', 'weight', 'a', 'b'],
    saveOutputs: [false, true],
    compute: (dy, [x, weight, a, b, down], { scale }) => {
      const isRowWise = a!.rank === 3;
      const rows = isRowWise ? tf.reshape(x!, perRow(x!.shape, a!.shape)) : x!;
      const dRows = isRowWise ? tf.reshape(dy, perRow(dy.shape, a!.shape)) : dy;
      const dDown = () => scaledMatMul(dRows, b!, { alpha: scale });
      return {
        x: () => tf.add(tf.matMul(dy, weight!), tf.reshape(tf.matMul(dDown(), a!), x!.shape)),
        weight: () => tf.matMul(dy, x!, true, false),
        a: () => tf.matMul(dDown(), rows, true, false),
        b: () => scaledMatMul(dRows, down!, { transposeA: true, alpha: scale }),
      };
    },
  },
});

function perRow(shape: readonly number[], factor: readonly number[]): [number, number, number] {
  return [factor[0]!, shape[0]! / factor[0]!, shape[1]!];
}

/** The two trained factors of one projection: `a` f32 [r, in] and `b` f32 [out, r], or with a leading batch dimension both. */
export interface LoraFactors {
  readonly a: tf.Tensor;
  readonly b: tf.Tensor;
}

/**
 * @param x f32 [N, in]; row-wise factors [B, ...] apply to N/B consecutive rows each. @param weight f32 [out, in].
 * @param scale alpha / r. @returns f32 [N, out].
 */
export function loraLinear(x: tf.Tensor, weight: tf.Tensor, { a, b }: LoraFactors, scale: number): tf.Tensor {
  return kernel.run({ x, weight, a, b }, { scale })[0]!;
}
