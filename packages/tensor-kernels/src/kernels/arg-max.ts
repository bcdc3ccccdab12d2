import { defineKernel } from './kernel.ts';

/** Index of the largest element along one axis, the first of equal ones, i32; it has no gradient, and with a NaN it means nothing. */
export const argMax = defineKernel<{ axis: number }>({
  name: 'ArgMax',
  lower: (graph, { x }, { axis }) => {
    const reduced = axis < 0 ? axis + x!.shape.length : axis;
    const attributes = { axis: { int: reduced }, keepdims: { int: 0 } };
    return graph.cast(graph.one('ArgMax', [x], attributes, x!.shape.toSpliced(reduced, 1), 'int64'), 'int32');
  },
});
