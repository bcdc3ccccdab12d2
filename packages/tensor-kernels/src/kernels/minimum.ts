import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** min(a, b); the whole gradient goes to a where both are equal. Operands broadcast. */
export const minimum = defineKernel({
  name: 'Minimum',
  lower: (graph, { a, b }) => graph.binary('Min', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(dy, tf.cast(tf.lessEqual(a!, b!), 'float32')), a!.shape),
      b: () => unbroadcast(tf.mul(dy, tf.cast(tf.greater(a!, b!), 'float32')), b!.shape),
    }),
  },
});
