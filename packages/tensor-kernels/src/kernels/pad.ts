import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** A constant border around a tensor. */
export const pad = defineKernel<{ paddings: [number, number][]; constantValue: number }>({
  name: 'PadV2',
  lower: (graph, { x }, { paddings, constantValue }) => {
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return x!;
    const pads = graph.indices([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
    const shape = x!.shape.map((dim, axis) => dim + paddings[axis]![0] + paddings[axis]![1]);
    return graph.one('Pad', [x, pads, graph.fill(constantValue, [], x!.dtype)], {}, shape, x!.dtype);
  },
  gradient: {
    saveInputs: ['x'],
    compute: (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy,
          paddings.map(([before]) => before),
          x!.shape,
        ),
    }),
  },
});
