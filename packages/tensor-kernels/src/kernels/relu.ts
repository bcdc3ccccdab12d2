import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** max(x, 0); the derivative at 0 is 0. */
export const relu = defineKernel({
  name: 'Relu',
  lower: (graph, { x }) => graph.unary('Relu', x!),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.mul(dy, tf.cast(tf.greater(x!, 0), 'float32')) }) },
});
