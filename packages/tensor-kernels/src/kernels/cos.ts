import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** cos(x). */
export const cos = defineKernel({
  name: 'Cos',
  lower: (graph, { x }) => graph.unary('Cos', x!),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.neg(tf.mul(dy, tf.sin(x!))) }) },
});
