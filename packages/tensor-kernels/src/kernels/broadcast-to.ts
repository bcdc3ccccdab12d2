import { defineKernel, unbroadcast } from './kernel.ts';

/** A tensor expanded along axes of length 1. */
export const broadcastTo = defineKernel<{ shape: number[] }>({
  name: 'BroadcastTo',
  lower: (graph, { x }, { shape }) => graph.expand(x!, shape),
  gradient: { saveInputs: ['x'], compute: (dy, [x]) => ({ x: () => unbroadcast(dy, x!.shape) }) },
});
