import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** The error function; derivative 2/sqrt(pi) exp(-x^2). */
export const erf = defineKernel({
  name: 'Erf',
  lower: (graph, { x }) => graph.unary('Erf', x!),
  gradient: {
    saveInputs: ['x'],
    compute: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(2 / Math.sqrt(Math.PI), tf.exp(tf.neg(tf.square(x!))))) }),
  },
});
