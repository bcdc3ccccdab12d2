import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../host-tensor.ts';
import { defineKernel } from './kernel.ts';

/** The same elements in another shape; one dimension may be -1. */
export const reshape = defineKernel<{ shape: number[] }>({
  name: 'Reshape',
  lower: (graph, { x }, { shape }) => graph.reshape(x!, tf.util.inferFromImplicitShape(shape, sizeOf(x!.shape))),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }) },
});

/** A new axis of length 1. */
export const expandDims = defineKernel<{ dim: number }>({
  name: 'ExpandDims',
  lower: (graph, { input }, { dim }) => graph.reshape(input!, input!.shape.toSpliced(dim < 0 ? dim + input!.shape.length + 1 : dim, 0, 1)),
  gradient: { saveInputs: ['input'], compute: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }) },
});
