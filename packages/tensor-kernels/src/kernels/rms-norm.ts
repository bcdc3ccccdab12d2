import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/**
 * Root-mean-square normalisation (Zhang & Sennrich 2019, eq. 4): y = x * r * w with r = 1 / sqrt(mean(x^2) + eps) over the last axis.
 *   dx = r (dy w) - x r^3 mean(x dy w);   dw = sum over rows of dy x r
 */
const kernel = defineKernel<{ epsilon: number }>({
  name: 'RmsNorm',
  lower: (graph, { x, weight }, { epsilon }) => {
    const kept = [...x!.shape.slice(0, -1), 1];
    if (graph.provider === 'webgpu') {
      // The fused operator's second output (r) is wrong there: onnxruntime-node 1.30 on SwiftShader, error 1.6.
      const meanSquare = graph.reduce('ReduceMean', graph.binary('Mul', x!, x!), [x!.shape.length - 1], true);
      const deviation = graph.unary('Sqrt', graph.binary('Add', meanSquare, graph.fill(epsilon, [], 'float32')));
      const inverse = graph.unary('Reciprocal', deviation);
      return [graph.binary('Mul', graph.binary('Mul', x!, inverse), weight!), inverse];
    }
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon }, stash_type: { int: 1 } };
    return graph.operation('SimplifiedLayerNormalization', [x, weight], attributes, [
      { shape: x!.shape, dtype: 'float32' },
      { shape: kept, dtype: 'float32' },
    ]);
  },
  compose: ({ x, weight }, { epsilon }) => {
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x!), -1, true), epsilon));
    return [tf.mul(tf.mul(x!, inverse), weight!), inverse];
  },
  gradient: {
    saveInputs: ['x', 'weight'],
    saveOutputs: [false, true],
    compute: (dy, [x, weight, inverse]) => ({
      x: () => {
        const scaled = tf.mul(dy, weight!);
        const projection = tf.mean(tf.mul(scaled, x!), -1, true);
        const cube = tf.mul(inverse!, tf.square(inverse!));
        return tf.sub(tf.mul(scaled, inverse!), tf.mul(x!, tf.mul(projection, cube)));
      },
      weight: () => {
        const rows = tf.mul(dy, tf.mul(x!, inverse!));
        return tf.sum(rows, rows.shape.map((_, axis) => axis).slice(0, -1));
      },
    }),
  },
});

/** @param x f32 [..., D]. @param weight f32 [D]. @returns f32 [..., D]. */
export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, epsilon: number): tf.Tensor {
  return kernel.run({ x, weight }, { epsilon })[0]!;
}
