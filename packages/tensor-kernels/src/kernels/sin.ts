import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** sin(x). */
export const sin = defineKernel({
  name: 'Sin',
  lower: (graph, { x }) => graph.unary('Sin', x!),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.mul(dy, tf.cos(x!)) }) },
});
