import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** A tensor repeated along its axes; the copies' gradients are added. */
export const tile = defineKernel<{ reps: number[] }>({
  name: 'Tile',
  lower: (graph, { x }, { reps }) => {
    const shape = x!.shape.map((dim, axis) => dim * reps[axis]!);
    // tf.broadcastTo asks for this kernel too; an expansion disappears where what follows broadcasts by itself.
    if (x!.shape.every((dim, axis) => dim === 1 || reps[axis] === 1)) return graph.expand(x!, shape);
    return graph.one('Tile', [x, graph.indices(reps)], {}, shape, x!.dtype);
  },
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
