import { defineKernel } from './kernel.ts';

/** One-hot rows of f32: whatever dtype tfjs asks for (it casts afterwards), the graph keeps floats, which is what every use multiplies with. */
export const oneHot = defineKernel<{ depth: number; onValue: number; offValue: number }>({
  name: 'OneHot',
  lower: (graph, { indices }, { depth, onValue, offValue }) => {
    const values = graph.constant(Float32Array.of(offValue, onValue), [2], 'float32');
    // ONNX Runtime has no OneHot for int32 indices.
    const index = graph.cast(indices!, 'int64');
    return graph.one('OneHot', [index, graph.indices([depth]), values], { axis: { int: -1 } }, [...indices!.shape, depth], 'float32');
  },
});
