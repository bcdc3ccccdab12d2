import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, reductionAxes } from './kernel.ts';

/** Minimum over axes; elements that tie for it share the gradient equally. */
export const min = defineKernel<{ axis?: number | number[]; keepDims?: boolean }>({
  name: 'Min',
  lower: (graph, { x }, { axis, keepDims }) => graph.reduce('ReduceMin', x!, reductionAxes(axis, x!.shape.length), keepDims ?? false),
  gradient: {
    saveInputs: ['x'],
    saveOutputs: [true],
    compute: (dy, [x, y], { axis }) => ({
      x: () => {
        const axes = reductionAxes(axis, x!.rank);
        const kept = x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
        const isExtreme = tf.cast(tf.equal(x!, tf.reshape(y!, kept)), 'float32');
        return tf.mul(isExtreme, tf.div(tf.reshape(dy, kept), tf.sum(isExtreme, axes, true)));
      },
    }),
  },
});
