import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** |x|; the derivative at 0 is 0. */
export const abs = defineKernel({
  name: 'Abs',
  lower: (graph, { x }) => graph.unary('Abs', x!),
  gradient: {
    saveInputs: ['x'],
    compute: (dy, [x]) => ({ x: () => tf.mul(dy, tf.sub(tf.cast(tf.greater(x!, 0), 'float32'), tf.cast(tf.less(x!, 0), 'float32'))) }),
  },
});
