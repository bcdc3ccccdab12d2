import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** 1/x. */
export const reciprocal = defineKernel({
  name: 'Reciprocal',
  lower: (graph, { x }) => graph.unary('Reciprocal', x!),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.neg(tf.mul(dy, tf.square(y!))) }) },
});
