import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** log(softmax(x)) over the last axis. dx = dy - softmax(x) sum(dy). */
export const logSoftmax = defineKernel<{ axis?: number }>({
  name: 'LogSoftmax',
  lower: (graph, { logits }) => graph.one('LogSoftmax', [logits], { axis: { int: logits!.shape.length - 1 } }, logits!.shape, 'float32'),
  gradient: {
    saveOutputs: [true],
    compute: (dy, [y]) => ({ logits: () => tf.sub(dy, tf.mul(tf.exp(y!), tf.sum(dy, -1, true))) }),
  },
});
