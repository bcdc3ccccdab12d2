import * as tf from '@tensorflow/tfjs-core';
import { defineKernel } from './kernel.ts';

/** A box of a tensor; its gradient is padded back with zeros. */
export const slice = defineKernel<{ begin: number | number[]; size: number | number[] }>({
  name: 'Slice',
  lower: (graph, { x }, { begin, size }) => {
    const box = parse(x!.shape, begin, size);
    return graph.slice(x!, box.begin, box.size);
  },
  gradient: {
    saveInputs: ['x'],
    compute: (dy, [x], { begin, size }) => {
      const box = parse(x!.shape, begin, size);
      const paddings = x!.shape.map((dim, axis): [number, number] => [box.begin[axis]!, dim - box.begin[axis]! - box.size[axis]!]);
      return { x: () => tf.pad(dy, paddings) };
    },
  },
});

function parse(shape: readonly number[], begin: number | number[], size: number | number[]): { begin: number[]; size: number[] } {
  const starts =
    typeof begin === 'number'
      ? [begin, ...Array<number>(shape.length - 1).fill(0)]
      : [...begin, ...Array<number>(shape.length - begin.length).fill(0)];
  const sizes = typeof size === 'number' ? [size] : size;
  return { begin: starts, size: shape.map((dim, axis) => ((sizes[axis] ?? -1) < 0 ? dim - starts[axis]! : sizes[axis]!)) };
}
