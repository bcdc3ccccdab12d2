import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '@pharmacist/core';
import { defineKernel } from './kernel.ts';

/** Rows of `x` by i32 index along one axis; the gradient of axis 0 adds rows up by index. */
export const gather = defineKernel<{ axis: number; batchDims: number }>({
  name: 'GatherV2',
  lower: (graph, { x, indices }, { axis, batchDims }) => {
    if (batchDims !== 0) throw new ShapeError(`gather with batchDims ${batchDims} is not supported`);
    const positive = axis < 0 ? axis + x!.shape.length : axis;
    const shape = x!.shape.toSpliced(positive, 1, ...indices!.shape);
    return graph.one('Gather', [x, indices], { axis: { int: positive } }, shape, x!.dtype);
  },
  // tfjs-node finds no index in range along a negative axis.
  normalize: ({ x }, attrs) => ({ ...attrs, axis: attrs.axis < 0 ? attrs.axis + x!.rank : attrs.axis }),
  gradient: {
    saveInputs: ['x', 'indices'],
    compute: (dy, [x, indices], { axis }) => ({
      x: () => {
        if (axis !== 0 && axis !== -x!.rank) throw new ShapeError('the gradient of gather is defined for axis 0');
        const rows = tf.reshape(dy, [indices!.size, ...x!.shape.slice(1)]);
        return tf.unsortedSegmentSum(rows, tf.reshape(indices!, [indices!.size]) as tf.Tensor1D, x!.shape[0]!);
      },
    }),
  },
});
