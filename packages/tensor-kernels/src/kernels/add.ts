import { defineKernel, unbroadcast } from './kernel.ts';

/** a + b. Operands broadcast. */
export const add = defineKernel({
  name: 'Add',
  lower: (graph, { a, b }) => graph.binary('Add', a!, b!),
  gradient: {
    saveInputs: ['a', 'b'],
    compute: (dy, [a, b]) => ({ a: () => unbroadcast(dy, a!.shape), b: () => unbroadcast(dy, b!.shape) }),
  },
});
