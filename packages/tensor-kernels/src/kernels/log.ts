import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Natural logarithm. */
export const log = defineKernel({
  name: 'Log',
  lower: (graph, { x }) => graph.unary('Log', x!),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.div(dy, x!) }) },
});
