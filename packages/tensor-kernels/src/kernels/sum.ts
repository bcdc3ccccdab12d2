import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, reductionAxes } from './kernel.ts';

/** Sum over axes. */
export const sum = defineKernel<{ axis?: number | number[] | null; keepDims?: boolean }>({
  name: 'Sum',
  lower: (graph, { x }, { axis, keepDims }) =>
    graph.reduce('ReduceSum', x!.dtype === 'bool' ? graph.cast(x!, 'int32') : x!, reductionAxes(axis, x!.shape.length), keepDims ?? false),
  gradient: {
    saveInputs: ['x'],
    // The stock gradient multiplies by ones made in JavaScript; a broadcast records one node.
    compute: (dy, [x], { axis }) => ({
      x: () => {
        const axes = reductionAxes(axis, x!.rank);
        const kept = x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
        return tf.broadcastTo(tf.reshape(dy, kept), x!.shape);
      },
    }),
  },
});
