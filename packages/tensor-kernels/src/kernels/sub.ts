import * as tf from '@tensorflow/tfjs-core';
import { defineKernel, unbroadcast } from './kernel.ts';

/** a - b. Operands broadcast. */
export const sub = defineKernel({
  name: 'Sub',
  lower: (graph, { a, b }) => graph.binary('Sub', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({ a: () => unbroadcast(dy, a!.shape), b: () => unbroadcast(tf.neg(dy), b!.shape) }),
  },
});
