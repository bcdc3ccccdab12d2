import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Softmax over one axis: f32 in, rows that sum to 1 out. dx = y (dy - sum(dy y)). */
export const softmax = defineKernel<{ dim: number }>({
  name: 'Softmax',
  lower: (graph, { logits }, { dim }) =>
    graph.one('Softmax', [logits], { axis: { int: dim < 0 ? dim + logits!.shape.length : dim } }, logits!.shape, 'float32'),
  gradient: {
    saveOutputs: [true],
    compute: (dy, [y], { dim }) => ({ logits: () => tf.mul(y!, tf.sub(dy, tf.sum(tf.mul(dy, y!), dim, true))) }),
  },
});
