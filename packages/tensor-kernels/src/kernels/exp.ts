import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** exp(x). */
export const exp = defineKernel({
  name: 'Exp',
  lower: (graph, { x }) => graph.unary('Exp', x!),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.mul(dy, y!) }) },
});
