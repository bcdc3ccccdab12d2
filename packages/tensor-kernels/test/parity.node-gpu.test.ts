import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { directionalDerivative, programOf } from './support/differentiate.ts';
import { KERNEL_CASES } from './support/kernel-cases.ts';
import { expectSame, runBoth } from './support/parity.ts';

let nodeGpu: Engine;
let onnx: Engine;
let reference: Engine;
beforeAll(async () => {
  ({ engine: nodeGpu } = await createEngine({ name: 'tfjs-node-gpu' }));
  ({ engine: onnx } = await createEngine({ name: 'onnx', numThreads: 1 }));
  ({ engine: reference } = await createEngine({ name: 'tfjs-cpu' }));
});
afterAll(async () => {
  for (const engine of [nodeGpu, onnx, reference]) await engine?.dispose();
});

const differentiable = KERNEL_CASES.filter(({ trained }) => trained.length > 0);

describe('tfjs-node-gpu', () => {
  it.each(KERNEL_CASES)('= tfjs-cpu: $file: $title', async (testCase) => {
    const { got, expected } = await runBoth(testCase, nodeGpu, reference);
    expectSame(got, expected);
  });
});

// Loading the package loads gradients of its own into the tables of the process: those that apply afterwards must be ours.
describe('once tfjs-node-gpu is loaded', () => {
  it.each(KERNEL_CASES)('onnx = tfjs-cpu: $file: $title', async (testCase) => {
    const { got, expected } = await runBoth(testCase, onnx, reference);
    expectSame(got, expected);
  });

  it.each(differentiable)('gradient = central differences: $file: $title', async (testCase) => {
    const program = nodeGpu.compile(testCase.title, programOf(testCase));
    const { analytic, numeric, scale } = await directionalDerivative((inputs) => program.run(inputs), testCase.inputs, testCase.trained);
    // As in parity.test.ts.
    expect(Math.abs(analytic - numeric)).toBeLessThan(2e-4 * scale + 2e-5);
  });
});
