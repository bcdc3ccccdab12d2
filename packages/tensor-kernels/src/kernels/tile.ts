import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** A tensor repeated along its axes; the copies' gradients are added. */
export const tile = defineKernel<{ reps: number[] }>({
  name: 'Tile',
  lower: (graph, { x }, { reps }) =>
    graph.one(
      'Tile',
      [x, graph.indices(reps)],
      {},
      x!.shape.map((dim, axis) => dim * reps[axis]!),
      x!.dtype,
    ),
  gradient: {
    saveInputs: ['x'],
    compute: (dy, [x], { reps }) => ({
      x: () => {
        const split = x!.shape.flatMap((dim, axis) => [reps[axis]!, dim]);
        return tf.sum(
          tf.reshape(dy, split),
          x!.shape.map((_, axis) => 2 * axis),
        );
      },
    }),
  },
});
