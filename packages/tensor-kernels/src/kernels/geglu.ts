import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** sqrt(2 / pi) and the cubic coefficient of the approximation. */
const SLOPE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/**
 * Gated linear unit with GELU (Shazeer 2020, eq. 6) in the tanh approximation (Hendrycks & Gimpel 2016): y = gelu(gate) * up,
 *   gelu(g) = g/2 (1 + t),  t = tanh(u),  u = sqrt(2/pi) (g + 0.044715 g^3)
 *   dgate = dy up ((1 + t)/2 + g/2 (1 - t^2) sqrt(2/pi) (1 + 0.134145 g^2));   dup = dy gelu(g)
 */
const kernel = defineKernel({
  name: 'GeGlu',
  lower: (graph, { gate, up }) => {
    const number = (value: number) => graph.fill(value, [], 'float32');
    const square = graph.binary('Mul', gate!, gate!);
    const slope = graph.binary('Add', graph.binary('Mul', square, number(SLOPE * CUBIC)), number(SLOPE));
    const tanh = graph.unary('Tanh', graph.binary('Mul', gate!, slope));
    const half = graph.binary('Mul', gate!, number(0.5));
    const gelu = graph.binary('Mul', half, graph.binary('Add', tanh, number(1)));
    return [graph.binary('Mul', gelu, up!), tanh, gelu];
  },
  compose: ({ gate, up }) => {
    const slope = tf.add(tf.mul(tf.square(gate!), SLOPE * CUBIC), SLOPE);
    const tanh = tf.tanh(tf.mul(gate!, slope));
    const gelu = tf.mul(tf.mul(gate!, 0.5), tf.add(tanh, 1));
    return [tf.mul(gelu, up!), tanh, gelu];
  },
  gradient: {
    saveInputs: ['gate', 'up'],
    saveOutputs: [false, true, true],
    compute: (dy, [gate, up, tanh, gelu]) => ({
      gate: () => {
        const inner = tf.add(tf.mul(tf.square(gate!), 3 * SLOPE * CUBIC), SLOPE);
        const curved = tf.mul(tf.mul(gate!, inner), tf.sub(1, tf.square(tanh!)));
        return tf.mul(tf.mul(dy, up!), tf.mul(tf.add(tf.add(tanh!, 1), curved), 0.5));
      },
      up: () => tf.mul(dy, gelu!),
    }),
  },
});

/** @param gate f32 of any shape. @param up f32 of the same shape. */
export function geGlu(gate: tf.Tensor, up: tf.Tensor): tf.Tensor {
  return kernel.run({ gate, up }, {})[0]!;
}
