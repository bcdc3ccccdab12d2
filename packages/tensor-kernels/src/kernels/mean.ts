import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, reductionAxes } from './kernel.ts';

/** Mean over axes, in f32 whatever the dtype of the elements. */
export const mean = defineKernel<{ axis?: number | number[] | null; keepDims?: boolean }>({
  name: 'Mean',
  lower: (graph, { x }, { axis, keepDims }) =>
    graph.reduce('ReduceMean', graph.cast(x!, 'float32'), reductionAxes(axis, x!.shape.length), keepDims ?? false),
  gradient: {
    saveInputs: ['x'],
    // The stock gradient multiplies by ones made in JavaScript; a broadcast records one node.
    compute: (dy, [x], { axis }) => ({
      x: () => {
        const axes = reductionAxes(axis, x!.rank);
        const kept = x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
        const count = axes.reduce((product, i) => product * x!.shape[i]!, 1);
        return tf.broadcastTo(tf.reshape(tf.div(dy, count), kept), x!.shape);
      },
    }),
  },
});
