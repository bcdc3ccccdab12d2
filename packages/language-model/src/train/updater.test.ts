import { createEngine, float32 } from '@pharmacist/tensor-kernels';
import { expect, it } from 'vitest';
import { ResidentParameters } from './resident-parameters.ts';
import { HostUpdater, ResidentUpdater, type StepGradients } from './updater.ts';

const LENGTH = 3;
const GRADIENTS = [
  [1, -2, 0.5],
  [0, 4, -0.25],
  [-3, 1, 2],
];
const START = [2, -1, 0.5];
const RATE = 0.1;
const MAX_NORM = 1;

it.each([
  ['the defaults', undefined],
  ['options of its own', { beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.5 }],
])('with the engine gives what this thread gives, by %s', async (_, optimizer) => {
  const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
  const here = new Map([['p', Float32Array.from(START)]]);
  const there = new Map([['p', new Float32Array(LENGTH)]]);
  const host = new HostUpdater({ parameters: here, optimizer, maxGradientNorm: MAX_NORM });
  const resident = await ResidentParameters.create(engine, { p: float32([LENGTH], START) });
  const device = await ResidentUpdater.create(engine, resident, { parameters: there, optimizer, maxGradientNorm: MAX_NORM });
  for (const gradient of GRADIENTS) {
    const vector = await engine.upload(float32([LENGTH], gradient));
    const left: StepGradients = { gradients: new Map(), residentGradients: { vector, names: new Set(['p']) } };
    const norm = await host.update({ gradients: new Map([['p', Float32Array.from(gradient)]]) }, RATE);
    expect([await device.update(left, RATE)]).toBeAllclose([norm], { rtol: 1e-6, atol: 0 });
  }
  const [state, expected] = [await device.pull(), await host.pull()];
  // Three updates in f32 against f64 that is rounded once each.
  const tolerance = { rtol: 1e-6, atol: 1e-6 };
  expect(there.get('p')!).toBeAllclose(here.get('p')!, tolerance);
  expect(state.firstMoments.get('p')!).toBeAllclose(expected.firstMoments.get('p')!, tolerance);
  expect(state.secondMoments.get('p')!).toBeAllclose(expected.secondMoments.get('p')!, tolerance);
  expect(state.numUpdates).toEqual(expected.numUpdates);
  await engine.dispose();
});
