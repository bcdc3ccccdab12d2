import * as tf from '@tensorflow/tfjs-core';
import type { GraphDType } from '../graph/graph.ts';
import { defineKernel } from './kernel.ts';

export const identity = defineKernel({
  name: 'Identity',
  lower: (_, { x }) => x!,
  gradient: { compute: (dy) => ({ x: () => tf.clone(dy) }) },
});

/** Another element type; the gradient passes through unchanged. */
export const cast = defineKernel<{ dtype: GraphDType }>({
  name: 'Cast',
  lower: (graph, { x }, { dtype }) => graph.cast(x!, dtype),
  gradient: { compute: (dy) => ({ x: () => tf.clone(dy) }) },
});
