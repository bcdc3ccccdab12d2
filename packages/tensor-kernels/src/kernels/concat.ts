import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** Tensors joined along one axis. */
export const concat = defineKernel<{ axis: number }>({
  name: 'Concat',
  lower: (graph, inputs, { axis }) => {
    const values = Object.values(inputs);
    return graph.concat(values, axis < 0 ? axis + values[0]!.shape.length : axis);
  },
  gradient: {
    saveAllInputs: true,
    compute: (dy, inputs, { axis }) => {
      const positive = axis < 0 ? axis + dy.rank : axis;
      const starts = inputs.map((_, i) => inputs.slice(0, i).reduce((sum, input) => sum + input.shape[positive]!, 0));
      return Object.fromEntries(
        inputs.map((input, i) => [
          String(i),
          () =>
            tf.slice(
              dy,
              dy.shape.map((_, a) => (a === positive ? starts[i]! : 0)),
              input.shape,
            ),
        ]),
      );
    },
  },
});
