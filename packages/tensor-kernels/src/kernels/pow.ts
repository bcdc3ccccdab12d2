import * as tf from '@tensorflow/tfjs-core';
import { broadcastShapes } from '../graph/graph-builder.ts';
import { sizeOf } from '../host-tensor.ts';
import { defineKernel, unbroadcast } from './kernel.ts';

/** a^b for a > 0. Operands broadcast. */
export const pow = defineKernel({
  name: 'Pow',
  lower: (graph, { a, b }) => {
    if (graph.provider === 'webgpu' && sizeOf(a!.shape) === 1 && sizeOf(b!.shape) > 1) {
      // The operator fails there for one base and several exponents (onnxruntime-node 1.30), unless the base is expanded first.
      const shape = broadcastShapes(a!.shape, b!.shape);
      return graph.one('Pow', [graph.expand(a!, shape), b], {}, shape, a!.dtype);
    }
    return graph.binary('Pow', a!, b!);
  },
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({
      a: () => unbroadcast(tf.mul(dy, tf.mul(b!, tf.pow(a!, tf.sub(b!, 1)))), a!.shape),
      b: () => unbroadcast(tf.mul(dy, tf.mul(tf.log(a!), tf.pow(a!, b!))), b!.shape),
    }),
  },
});
