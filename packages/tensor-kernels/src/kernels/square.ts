import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** x^2. */
export const square = defineKernel({
  name: 'Square',
  lower: (graph, { x }) => graph.binary('Mul', x!, x!),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.mul(dy, tf.mul(2, x!)) }) },
});
