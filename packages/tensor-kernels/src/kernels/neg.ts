import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** -x. */
export const neg = defineKernel({
  name: 'Neg',
  lower: (graph, { x }) => graph.unary('Neg', x!),
  gradient: { compute: (dy) => ({ x: () => tf.neg(dy) }) },
});
