import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/**
 * Layer normalisation (Ba et al. 2016, eq. 4) over the last axis: y = n w + b,  n = (x - m) r,  m = mean(x),  r = 1 / sqrt(mean((x - m)^2) + eps).
 *   dx = r (g - mean(g) - n mean(g n)) with g = dy w;   dw = sum over rows of dy n;   db = sum over rows of dy
 */
const kernel = defineKernel<{ epsilon: number }>({
  name: 'LayerNorm',
  lower: (graph, { x, weight, bias }, { epsilon }) => {
    const axes = [x!.shape.length - 1];
    const centred = graph.binary('Sub', x!, graph.reduce('ReduceMean', x!, axes, true));
    const variance = graph.reduce('ReduceMean', graph.binary('Mul', centred, centred), axes, true);
    const deviation = graph.unary('Sqrt', graph.binary('Add', variance, graph.fill(epsilon, [], 'float32')));
    const inverse = graph.unary('Reciprocal', deviation);
    const normed = graph.binary('Mul', centred, inverse);
    return [graph.binary('Add', graph.binary('Mul', normed, weight!), bias!), normed, inverse];
  },
  compose: ({ x, weight, bias }, { epsilon }) => {
    const centred = tf.sub(x!, tf.mean(x!, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const normed = tf.mul(centred, inverse);
    return [tf.add(tf.mul(normed, weight!), bias!), normed, inverse];
  },
  gradient: {
    saveInputs: ['weight'],
    saveOutputs: [false, true, true],
    compute: (dy, [weight, normed, inverse]) => {
      const overRows = (values: tf.Tensor) => tf.sum(values, values.shape.map((_, axis) => axis).slice(0, -1));
      return {
        x: () => {
          const scaled = tf.mul(dy, weight!);
          const along = tf.mul(normed!, tf.mean(tf.mul(scaled, normed!), -1, true));
          return tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), along), inverse!);
        },
        weight: () => overRows(tf.mul(dy, normed!)),
        bias: () => overRows(dy),
      };
    },
  },
});

/** @param x f32 [..., D]. @param weight f32 [D]. @param bias f32 [D]. @returns f32 [..., D]. */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  return kernel.run({ x, weight, bias }, { epsilon })[0]!;
}
