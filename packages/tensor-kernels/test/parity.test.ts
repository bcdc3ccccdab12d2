import { readdir } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { trace } from '../src/graph/trace.ts';
import { directionalDerivative, programOf } from './support/differentiate.ts';
import { KERNEL_CASES } from './support/kernel-cases.ts';
import { expectSame, runBoth } from './support/parity.ts';

let onnx: Engine;
let reference: Engine;
beforeAll(async () => {
  ({ engine: onnx } = await createEngine({ name: 'onnx', numThreads: 1 }));
  ({ engine: reference } = await createEngine({ name: 'tfjs-cpu' }));
});
afterAll(async () => {
  await onnx.dispose();
  await reference.dispose();
});

const files = [...new Set(KERNEL_CASES.map(({ file }) => file))];

it('has a case for every kernel file', async () => {
  const sources = await readdir(new URL('../src/kernels', import.meta.url));
  const kernels = sources.map((name) => name.replace('.ts', '')).filter((name) => name !== 'index' && name !== 'kernel');
  expect(kernels.length).toBeGreaterThan(45);
  expect(files.sort()).toEqual(kernels.sort());
});

it('runs every registered kernel', async () => {
  const registered = tf.getKernelsForBackend('trace');
  const used = new Set<string>();
  const spies = registered.map((config) => {
    const { kernelName, kernelFunc } = config;
    return vi.spyOn(config, 'kernelFunc').mockImplementation((call) => {
      used.add(kernelName);
      return kernelFunc(call);
    });
  });
  for (const testCase of KERNEL_CASES) await trace(testCase.title, programOf(testCase), testCase.inputs, 'cpu');
  spies.forEach((spy) => spy.mockRestore());
  expect(registered.map(({ kernelName }) => kernelName).filter((name) => !used.has(name))).toEqual([]);
});

for (const file of files) {
  describe(`kernel ${file}`, () => {
    const cases = KERNEL_CASES.filter((testCase) => testCase.file === file);

    it.each(cases)('onnx = tfjs-cpu: $title', async (testCase) => {
      const { got, expected } = await runBoth(testCase, onnx, reference);
      expectSame(got, expected);
    });

    const differentiable = cases.filter(({ trained }) => trained.length > 0);
    if (differentiable.length === 0) return;
    it.each(differentiable)('gradient = central differences: $title', async (testCase) => {
      const program = onnx.compile(testCase.title, programOf(testCase));
      const { analytic, numeric, scale } = await directionalDerivative((inputs) => program.run(inputs), testCase.inputs, testCase.trained);
      // f32 outputs over a step of 0.02: about 1e-7 / 0.02 of the outputs' size, and the fifth derivative times step^4.
      expect(Math.abs(analytic - numeric)).toBeLessThan(2e-4 * scale + 2e-5);
    });
  });
}
