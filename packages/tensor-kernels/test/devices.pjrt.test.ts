import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { float32, PjrtEngine, type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import { normal } from './support/kernel-cases.ts';
import { expectSame } from './support/parity.ts';

/** Rows of their own and a gradient over all of them, as a training step has. */
const step: Program = (inputs) => {
  const trained = { w: inputs['w']! };
  const { loss, gradients, extras } = valueAndGradients(trained, ({ w }) => {
    const rows = tf.sum(tf.square(tf.tanh(tf.matMul(inputs['x']!, w!))), 1);
    return { loss: tf.mean(rows), extras: { rows } };
  });
  return { loss, rows: extras['rows']!, gradient: gradients['w']!, moved: tf.sub(inputs['w']!, gradients['w']!) };
};

describe('several devices of one machine', () => {
  it.each([2, 4])('%i divide a batch and return what one returns', async (numDevices) => {
    const [x, w] = [normal(8, 5), normal(5, 3)];
    const results = [];
    for (const engine of [await PjrtEngine.start({ cache: false }), await PjrtEngine.start({ cache: false, numDevices })]) {
      const resident = await engine.upload(w);
      const compiled = engine.compile('step', step);
      const writes = { moved: { into: resident, axis: 0, start: 0 } };
      const first = await compiled.run({ x, w: resident }, { writes });
      const second = await compiled.run({ x, w: resident }, { writes });
      results.push({
        ...Object.fromEntries(Object.entries(first).map(([name, tensor]) => [`first ${name}`, tensor])),
        ...second,
        w: await engine.download(resident),
      });
      await engine.dispose();
    }
    expectSame(results[1]!, results[0]!);
  });

  it('leaves a batch whole that cannot be divided', async () => {
    const engine = await PjrtEngine.start({ cache: false, numDevices: 4 });
    const sum = engine.compile('sum', (inputs) => ({ y: tf.sum(inputs['x']!, 0) }));
    expect(await sum.run({ x: float32([3, 1], [1, 2, 4]) })).toEqual({ y: float32([1], [7]) });
    await engine.dispose();
  });

  it('says how many there are', async () => {
    const fault = await PjrtEngine.start({ cache: false, numDevices: 64 }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(EngineError);
    expect((fault as EngineError).message).toMatch(/64 devices were asked for, and there are \d/);
  });
});
