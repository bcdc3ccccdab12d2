import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, reductionAxes } from './kernel.ts';

/** Maximum over axes; elements that tie for it share the gradient equally. */
export const max = defineKernel<{ reductionIndices?: number | number[]; keepDims?: boolean }>({
  name: 'Max',
  lower: (graph, { x }, { reductionIndices, keepDims }) =>
    graph.reduce('ReduceMax', x!, reductionAxes(reductionIndices, x!.shape.length), keepDims ?? false),
  gradient: {
    saveInputs: ['x'],
    saveOutputs: [true],
    compute: (dy, [x, y], { reductionIndices }) => ({
      x: () => {
        const axes = reductionAxes(reductionIndices, x!.rank);
        const kept = x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
        const isExtreme = tf.cast(tf.equal(x!, tf.reshape(y!, kept)), 'float32');
        return tf.mul(isExtreme, tf.div(tf.reshape(dy, kept), tf.sum(isExtreme, axes, true)));
      },
    }),
  },
});
