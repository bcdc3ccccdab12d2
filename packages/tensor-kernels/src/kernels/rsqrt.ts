import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** 1/sqrt(x). */
export const rsqrt = defineKernel({
  name: 'Rsqrt',
  lower: (graph, { x }) => graph.unary('Reciprocal', graph.unary('Sqrt', x!)),
  gradient: { saveOutputs: [true], compute: (dy, [y]) => ({ x: () => tf.mul(dy, tf.mul(-0.5, tf.mul(y!, tf.square(y!)))) }) },
});
