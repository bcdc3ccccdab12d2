import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { ENGINE_PARITY } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, it } from 'vitest';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { KERNEL_CASES } from './support/kernel-cases.ts';
import { expectSame, relativeError, runBoth } from './support/parity.ts';

/** Past the rule that tests do not print: which device ran belongs to the result. */
const report = (line: string) => writeSync(process.stderr.fd, `${line}\n`);

let webgpu: Engine;
let reference: Engine;
beforeAll(async () => {
  // Without a driver the suite fails here: a run in which nothing was tested must not pass.
  ({ engine: webgpu } = await createEngine({ name: 'onnx-webgpu' }));
  ({ engine: reference } = await createEngine({ name: 'tfjs-cpu' }));
  const driver = process.env['VK_DRIVER_FILES'];
  report(`webgpu: ${webgpu.description}, driver ${driver === undefined ? 'of the system' : basename(driver)}`);
});

let worst = { error: 0, title: '' };
afterAll(async () => {
  report(`webgpu: worst relative error but for sin and cos ${worst.error.toExponential(1)} (${worst.title})`);
  await webgpu?.dispose();
  await reference?.dispose();
});

/** WGSL promises sin and cos to 2^-11 only; the models' rotary tables are made on the host. */
const WGSL_SINE = { rtol: 1e-4, atol: 2 ** -11 };

it.each(KERNEL_CASES)('onnx on webgpu = tfjs-cpu: $file: $title', async (testCase) => {
  const { got, expected } = await runBoth(testCase, webgpu, reference);
  const error = relativeError(got, expected);
  const isSine = testCase.file === 'sin' || testCase.file === 'cos';
  if (!isSine && error > worst.error) worst = { error, title: `${testCase.file}: ${testCase.title}` };
  expectSame(got, expected, isSine ? WGSL_SINE : ENGINE_PARITY);
});
