import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { PharmacistError } from '@pharmacist/core';
import { ENGINE_PARITY } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { KERNEL_CASES } from './support/kernel-cases.ts';
import { expectSame, relativeError, runBoth } from './support/parity.ts';

/** Past the rule that tests do not print: which device ran, or why none did, belongs to the result. */
const report = (line: string) => writeSync(process.stderr.fd, `${line}\n`);

const engines: Engine[] = [];
try {
  engines.push((await createEngine({ name: 'onnx-webgpu' })).engine);
  const driver = process.env['VK_DRIVER_FILES'];
  report(`webgpu: ${engines[0]!.description}, driver ${driver === undefined ? 'of the system' : basename(driver)}`);
} catch (error) {
  report(`webgpu: NOT TESTED, no adapter works here (${(error as PharmacistError).describe()})`);
  report('webgpu: name a Vulkan driver, for instance VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json');
}
const isWorking = engines.length === 1;
if (isWorking) engines.push((await createEngine({ name: 'tfjs-cpu' })).engine);

/** WGSL promises sin and cos to 2^-11 only; the models' rotary tables are made on the host. */
const WGSL_SINE = { rtol: 1e-4, atol: 2 ** -11 };

let worst = { error: 0, title: '' };
afterAll(async () => {
  if (isWorking) report(`webgpu: worst relative error but for sin and cos ${worst.error.toExponential(1)} (${worst.title})`);
  for (const engine of engines) await engine.dispose();
});

describe.skipIf(!isWorking)('onnx on webgpu = tfjs-cpu', () => {
  it.each(KERNEL_CASES)('$file: $title', async (testCase) => {
    const { got, expected } = await runBoth(testCase, engines[0]!, engines[1]!);
    const error = relativeError(got, expected);
    const isSine = testCase.file === 'sin' || testCase.file === 'cos';
    if (!isSine && error > worst.error) worst = { error, title: `${testCase.file}: ${testCase.title}` };
    expectSame(got, expected, isSine ? WGSL_SINE : ENGINE_PARITY);
  });
});

// Without an adapter nothing above runs; a run in which nothing was tested must not look like one that passed.
it.skipIf(isWorking)('has no adapter', ({ skip }) => skip('no WebGPU adapter works here: nothing was tested'));

it.skipIf(!isWorking)('tested every case', () => {
  expect(worst.title).not.toBe('');
});
