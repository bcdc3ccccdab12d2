import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** a / b in f32. Operands broadcast. */
export const realDiv = defineKernel({
  name: 'RealDiv',
  lower: (graph, { a, b }) => graph.binary('Div', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.div(dy, b!), a!.shape),
      b: () => unbroadcast(tf.neg(tf.div(tf.mul(dy, a!), tf.square(b!))), b!.shape),
    }),
  },
});
