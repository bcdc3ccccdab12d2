import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine } from '@pharmacist/tensor-kernels';
import { KERNEL_CASES } from './support/kernel-cases.ts';
import { expectSame, runBoth } from './support/parity.ts';

let pjrt: Engine;
let reference: Engine;
beforeAll(async () => {
  ({ engine: pjrt } = await createEngine({ name: 'pjrt' }));
  ({ engine: reference } = await createEngine({ name: 'tfjs-cpu' }));
});
afterAll(async () => {
  await pjrt.dispose();
  await reference.dispose();
});

for (const file of new Set(KERNEL_CASES.map((testCase) => testCase.file))) {
  describe(`kernel ${file}`, () => {
    it.each(KERNEL_CASES.filter((testCase) => testCase.file === file))('pjrt = tfjs-cpu: $title', async (testCase) => {
      const { got, expected } = await runBoth(testCase, pjrt, reference);
      expectSame(got, expected);
    });
  });
}

it('ran', () => {
  expect(KERNEL_CASES.length).toBeGreaterThan(200);
});
