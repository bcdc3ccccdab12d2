import { defineKernel } from './kernel.ts';

/** Sum of any number of tensors of one shape. Gradient accumulation uses it; it is never differentiated itself. */
export const addN = defineKernel({
  name: 'AddN',
  lower: (graph, inputs) => Object.values(inputs).reduce((sum, value) => graph.binary('Add', sum, value)),
});
