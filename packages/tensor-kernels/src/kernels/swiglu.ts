import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/**
 * Gated linear unit with SiLU (Shazeer 2020, eq. 6): y = silu(gate) * up, silu(g) = g s, s = sigmoid(g).
 *   dgate = dy up (s + silu(g) (1 - s));   dup = dy silu(g)
 */
const kernel = defineKernel({
  name: 'SwiGlu',
  lower: (graph, { gate, up }) => {
    const sigmoid = graph.unary('Sigmoid', gate!);
    const silu = graph.binary('Mul', gate!, sigmoid);
    return [graph.binary('Mul', silu, up!), sigmoid, silu];
  },
  compose: ({ gate, up }) => {
    const sigmoid = tf.sigmoid(gate!);
    const silu = tf.mul(gate!, sigmoid);
    return [tf.mul(silu, up!), sigmoid, silu];
  },
  gradient: {
    saveInputs: ['up'],
    saveOutputs: [false, true, true],
    compute: (dy, [up, sigmoid, silu]) => ({
      gate: () => tf.mul(tf.mul(dy, up!), tf.add(sigmoid!, tf.mul(silu!, tf.sub(1, sigmoid!)))),
      up: () => tf.mul(dy, silu!),
    }),
  },
});

/** @param gate f32 of any shape. @param up f32 of the same shape. */
export function swiGlu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return kernel.run({ gate, up }, {})[0]!;
}
