import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** log(softmax(x)) over the last axis. dx = dy - softmax(x) sum(dy). */
const kernel = defineKernel({
  name: 'LogSoftmax',
  lower: (graph, { logits }) => graph.one('LogSoftmax', [logits], { axis: { int: logits!.shape.length - 1 } }, logits!.shape, 'float32'),
  compose: ({ logits }) => {
    const shifted = tf.sub(logits!, tf.max(logits!, -1, true));
    return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
  },
  gradient: {
    saveOutputs: [true],
    compute: (dy, [y]) => ({ logits: () => tf.sub(dy, tf.mul(tf.exp(y!), tf.sum(dy, -1, true))) }),
  },
});

/**
 * One node of the graph, where tf.logSoftmax would be five with a pass over the logits each (it does not ask for this kernel).
 * @param logits f32 of rank 1 or more. @returns the same shape.
 */
export function logSoftmax(logits: tf.Tensor): tf.Tensor {
  return kernel.run({ logits }, {})[0]!;
}
