import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Square root. */
export const sqrt = defineKernel({
  name: 'Sqrt',
  lower: (graph, { x }) => graph.unary('Sqrt', x!),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.div(tf.mul(dy, 0.5), y!) }) },
});
