import { ENGINE_PARITY } from '@pharmacist/tooling/vitest/matchers';
import { expect } from 'vitest';
import type { Engine, HostTensor } from '@pharmacist/tensor-kernels';
import { programOf } from './differentiate.ts';
import type { KernelCase } from './kernel-cases.ts';

/** The same outputs and gradients, by name, shape, dtype and value; the failure names all that differ. */
export function expectSame(got: Record<string, HostTensor>, expected: Record<string, HostTensor>, tolerance = ENGINE_PARITY): void {
  const typesOf = (results: Record<string, HostTensor>) =>
    Object.fromEntries(Object.entries(results).map(([name, { shape, dtype }]) => [name, { shape: [...shape], dtype }]));
  expect(typesOf(got)).toEqual(typesOf(expected));
  for (const [name, { data }] of Object.entries(expected)) {
    const { data: values } = got[name]!;
    if (!(data instanceof Float32Array)) expect({ [name]: [...values] }).toEqual({ [name]: [...data] });
    else expect(values).toBeAllclose(data, tolerance);
  }
}

/** Largest |got - expected| / (largest |expected| of the same tensor) over the f32 results. */
export function relativeError(got: Record<string, HostTensor>, expected: Record<string, HostTensor>): number {
  let worst = 0;
  for (const [name, { data }] of Object.entries(expected)) {
    const largest = Array.from(data).reduce((max, value) => Math.max(max, Math.abs(value)), 1e-30);
    data.forEach((value: number, i: number) => {
      worst = Math.max(worst, Math.abs(got[name]!.data[i]! - value) / largest);
    });
  }
  return worst;
}

/** Runs one case on both engines. */
export async function runBoth(testCase: KernelCase, engine: Engine, reference: Engine) {
  const program = programOf(testCase);
  const got = await engine.compile(testCase.title, program).run(testCase.inputs);
  const expected = await reference.compile(testCase.title, program).run(testCase.inputs);
  return { got, expected };
}
