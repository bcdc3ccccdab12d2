import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** a^b for a > 0. Operands broadcast. */
export const pow = defineKernel({
  name: 'Pow',
  lower: (graph, { a, b }) => graph.binary('Pow', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(dy, tf.mul(b!, tf.pow(a!, tf.sub(b!, 1)))), a!.shape),
      b: () => unbroadcast(tf.mul(dy, tf.mul(tf.log(a!), tf.pow(a!, b!))), b!.shape),
    }),
  },
});
