import { float32, floats } from '@pharmacist/tensor-kernels';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { expect, it } from 'vitest';
import { useEngine } from '../../test/support/use-engine.ts';
import { adamStep, type AdamStepOptions } from './adam-step.ts';

const engine = await useEngine();

const GRADIENTS = [1e-3, -2e-3, 0, 3, -1e-6, 0.5];
const FIRST = [1e-3, 4e-3, 0.2];
const SECOND = [1e-6, 9e-6, 0];

/** Steps of two rows of three parameters. */
async function steps(options?: AdamStepOptions): Promise<Float32Array> {
  const program = engine.compile('adam step', ({ g, m, v }) => ({ step: adamStep(g!, m!, v!, options) }));
  const inputs = { g: float32([2, 3], GRADIENTS), m: float32([3], FIRST), v: float32([3], SECOND) };
  return floats((await program.run(inputs))['step']!);
}

it('is the update of the reference, with epsilon inside the root and without bias correction', async () => {
  const expected = GRADIENTS.map((g, i) => (0.9 * FIRST[i % 3]! + 0.1 * g) / Math.sqrt(0.999 * SECOND[i % 3]! + 0.001 * g ** 2 + 1e-8));
  expect(await steps()).toBeAllclose(expected, { rtol: 1e-5, atol: 0 });
  // By hand: .9 * .001 + .1 * .001 = .001 over sqrt(9.99e-7 + 1e-9 + 1e-8).
  expect((await steps())[0]).toBeCloseTo(0.001 / Math.sqrt(1.01e-6), 4);
});

it('is the sign of the gradient without memory and epsilon', async () => {
  expect(await steps({ beta1: 0, beta2: 0, epsilon: 1e-30 })).toBeAllclose(GRADIENTS.map(Math.sign), { rtol: 1e-6, atol: 0 });
});
