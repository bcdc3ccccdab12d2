import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Axes in another order. */
export const transpose = defineKernel<{ perm: number[] }>({
  name: 'Transpose',
  lower: (graph, { x }, { perm }) => graph.transpose(x!, perm),
  gradient: { compute: (dy, _, { perm }) => ({ x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm)) }) },
});
