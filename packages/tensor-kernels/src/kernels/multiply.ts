import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** a b. Operands broadcast. */
export const multiply = defineKernel({
  name: 'Multiply',
  lower: (graph, { a, b }) => graph.binary('Mul', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({ a: () => unbroadcast(tf.mul(dy, b!), a!.shape), b: () => unbroadcast(tf.mul(dy, a!), b!.shape) }),
  },
});
