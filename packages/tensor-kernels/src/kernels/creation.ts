import type { GraphDType } from '../graph/graph.ts';
import { defineKernel } from './kernel.ts';

/** A tensor with one value everywhere: a constant of the graph, without data. */
export const fill = defineKernel<{ shape: readonly number[]; value: number; dtype?: GraphDType }>({
  name: 'Fill',
  lower: (graph, _, { shape, value, dtype }) => graph.fill(value, shape, dtype ?? 'float32'),
});

export const zerosLike = defineKernel({ name: 'ZerosLike', lower: (graph, { x }) => graph.fill(0, x!.shape, x!.dtype) });
export const onesLike = defineKernel({ name: 'OnesLike', lower: (graph, { x }) => graph.fill(1, x!.shape, x!.dtype) });
