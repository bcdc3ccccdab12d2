import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** op(a) @ op(b) over equal batch dimensions, op a transpose of the last two axes or nothing. f32 [..., m, k] and [..., k, n]. */
export const batchMatMul = defineKernel<{ transposeA: boolean; transposeB: boolean }>({
  name: 'BatchMatMul',
  lower: (graph, { a, b }, { transposeA, transposeB }) => graph.matMul(a!, b!, { transposeA, transposeB }),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b], { transposeA, transposeB }) => ({
      a: () => (transposeA ? tf.matMul(b!, dy, transposeB, true) : tf.matMul(dy, b!, false, !transposeB)),
      b: () => (transposeB ? tf.matMul(dy, a!, true, transposeA) : tf.matMul(a!, dy, !transposeA, false)),
    }),
  },
});
