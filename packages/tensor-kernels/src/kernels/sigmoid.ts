import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** 1/(1 + exp(-x)). */
export const sigmoid = defineKernel({
  name: 'Sigmoid',
  lower: (graph, { x }) => graph.unary('Sigmoid', x!),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(y!, tf.sub(1, y!))) }) },
});
