import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Adds row i of `x` to row segmentIds[i] of a zero tensor with `numSegments` rows. */
export const unsortedSegmentSum = defineKernel<{ numSegments: number }>({
  name: 'UnsortedSegmentSum',
  lower: (graph, { x, segmentIds }, { numSegments }) => {
    const shape = [numSegments, ...x!.shape.slice(1)];
    const index = graph.cast(graph.reshape(segmentIds!, [segmentIds!.shape[0]!, 1]), 'int64');

    return graph.one('ScatterND', [graph.fill(0, shape, x!.dtype), index, x], { reduction: { text: 'add' } }, shape, x!.dtype);
  },
  gradient: {
    saveInputs: ['segmentIds'],
    compute: (dy, [segmentIds]) => ({ x: () => tf.gather(dy, segmentIds as tf.Tensor1D) }),
  },
});
