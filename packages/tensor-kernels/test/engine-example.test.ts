import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type Timings, timedEngine } from '../examples/engine.ts';
import { createEngine } from '../src/engine/create-engine.ts';
import { float32, floats } from '../src/host-tensor.ts';

it('the example of an engine computes as the one behind it, and keeps the time', async () => {
  const timings: Timings = new Map();
  const engine = timedEngine((await createEngine({ name: 'tfjs-cpu' })).engine, timings);
  const double = engine.compile('double', ({ x }) => ({ y: tf.mul(x!, 2) }));
  const x = await engine.upload(float32([2], Float32Array.of(1, 2)));
  expect([...floats((await double.run({ x }))['y']!)]).toEqual([2, 4]);
  expect(timings.get('double')!.calls).toBe(1);
  await engine.dispose();
  expect(engine.usage().residentTensors).toBe(0);
});
