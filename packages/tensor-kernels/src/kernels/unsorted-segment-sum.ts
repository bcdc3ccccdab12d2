import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Adds row i of `x` to row segmentIds[i] of a zero tensor with `numSegments` rows. */
export const unsortedSegmentSum = defineKernel<{ numSegments: number }>({
  name: 'UnsortedSegmentSum',
  lower: (graph, { x, segmentIds }, { numSegments }) => {
    const shape = [numSegments, ...x!.shape.slice(1)];
    const zeros = graph.fill(0, shape, x!.dtype);
    const reduction = { text: 'add' };
    const column = (rank: number) => graph.cast(graph.reshape(segmentIds!, [x!.shape[0]!, ...Array<number>(rank - 1).fill(1)]), 'int64');
    if (graph.provider === 'cpu') {
      // ScatterND adds rows in parallel there and loses some where indices repeat (onnxruntime-node 1.30); this one goes in order.
      const index = graph.expand(column(x!.shape.length), x!.shape);
      return graph.one('ScatterElements', [zeros, index, x], { axis: { int: 0 }, reduction }, shape, x!.dtype);
    }
    return graph.one('ScatterND', [zeros, column(2), x], { reduction }, shape, x!.dtype);
  },
  gradient: {
    saveInputs: ['segmentIds'],
    compute: (dy, [segmentIds]) => ({ x: () => tf.gather(dy, segmentIds as tf.Tensor1D) }),
  },
});
