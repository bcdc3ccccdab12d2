import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Element by element `t` where the condition holds, else `e`; tfjs broadcasts all three to one shape first. */
export const select = defineKernel({
  name: 'Select',
  lower: (graph, { condition, t, e }) => graph.one('Where', [condition, t, e], {}, t!.shape, t!.dtype),
  gradient: {
    saveInputs: ['condition'],
    compute: (dy, [condition]) => ({
      condition: () => tf.zerosLike(condition!),
      t: () => tf.mul(dy, tf.cast(condition!, 'float32')),
      e: () => tf.mul(dy, tf.cast(tf.logicalNot(condition!), 'float32')),
    }),
  },
});
