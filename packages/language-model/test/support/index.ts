export { loadModel } from './changed-model.ts';
export { GoldenTensors, loadAdapter } from './golden-tensors.ts';
export { randomRows } from './random-rows.ts';
export type { RandomRowOptions } from './random-rows.ts';
