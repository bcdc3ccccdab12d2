import { defineKernel } from './kernel.ts';

/** Pieces along one axis. tfjs asks for it when a program calls tf.split; programs that are differentiated slice instead. */
export const split = defineKernel<{ numOrSizeSplits: number | number[]; axis: number }>({
  name: 'SplitV',
  lower: (graph, { x }, { numOrSizeSplits, axis }) => {
    const positive = axis < 0 ? axis + x!.shape.length : axis;
    const sizes = Array.isArray(numOrSizeSplits)
      ? numOrSizeSplits
      : Array<number>(numOrSizeSplits).fill(x!.shape[positive]! / numOrSizeSplits);
    const outputs = sizes.map((size) => ({ shape: x!.shape.with(positive, size), dtype: x!.dtype }));
    return graph.operation('Split', [x, graph.indices(sizes)], { axis: { int: positive } }, outputs);
  },
});
