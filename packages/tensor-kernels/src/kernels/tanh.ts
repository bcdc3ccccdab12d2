import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** tanh(x). */
export const tanh = defineKernel({
  name: 'Tanh',
  lower: (graph, { x }) => graph.unary('Tanh', x!),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(y!))) }) },
});
