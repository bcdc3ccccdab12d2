import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** max(a, b); the whole gradient goes to a where both are equal. Operands broadcast. */
export const maximum = defineKernel({
  name: 'Maximum',
  lower: (graph, { a, b }) => graph.binary('Max', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(dy, tf.cast(tf.greaterEqual(a!, b!), 'float32')), a!.shape),
      b: () => unbroadcast(tf.mul(dy, tf.cast(tf.less(a!, b!), 'float32')), b!.shape),
    }),
  },
});
