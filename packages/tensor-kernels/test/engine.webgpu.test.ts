import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { float32, int32 } from '@pharmacist/tensor-kernels';
import { testEngine } from './support/engine-contract.ts';
import { trackedEngines } from './support/leaks.ts';

const start = trackedEngines();
const name = 'onnx-webgpu';

describe('onnx-webgpu', () => {
  testEngine(name, start);

  it.each([
    ['at the start', 0],
    ['in the middle', 1],
    ['at the end', 2],
  ] as const)('writes f32 and i32 into a tensor that stays on the device, %s, along every axis', async (_place, at) => {
    const engine = await start({ name });
    const add = engine.compile('add', (inputs) => ({ f: tf.add(inputs['f']!, 1), i: tf.add(inputs['i']!, tf.scalar(1, 'int32')) }));
    for (const axis of [0, 1, 2]) {
      const shape = [4, 4, 4].with(axis, 2);
      const values = Array.from({ length: 32 }).map((_value, index) => index);
      const [f, i] = [await engine.zeros([4, 4, 4]), await engine.zeros([4, 4, 4], 'int32')];
      const writes = { f: { into: f, axis, start: at }, i: { into: i, axis, start: at } };
      expect(await add.run({ f: float32(shape, values), i: int32(shape, values) }, { writes })).toEqual({});
      const expected = new Float32Array(64);
      let next = 1;
      for (let index = 0; index < 64; index++) {
        const place = Math.floor(index / 4 ** (2 - axis)) % 4;
        if (place >= at && place < at + 2) expected[index] = next++;
      }
      expect(await engine.download(f)).toEqual(float32([4, 4, 4], expected));
      expect(await engine.download(i)).toEqual(int32([4, 4, 4], Int32Array.from(expected)));
    }
  });

  it('takes over an output that fills the tensor, also one computed from it, and returns others of the same run', async () => {
    const engine = await start({ name });
    const state = await engine.upload(float32([2, 2], [1, 2, 3, 4]));
    const twice = engine.compile('twice', (inputs) => ({ next: tf.mul(inputs['state']!, 2), copy: tf.clone(inputs['state']!) }));
    const writes = { next: { into: state, axis: 1, start: 0 } };
    for (const factor of [1, 2, 4])
      expect(await twice.run({ state }, { writes })).toEqual({ copy: float32([2, 2], [factor, 2 * factor, 3 * factor, 4 * factor]) });
    const same = { copy: { into: state, axis: 0, start: 0 } };
    expect(await twice.run({ state }, { writes: same })).toEqual({ next: float32([2, 2], [16, 32, 48, 64]) });
    expect(await engine.download(state)).toEqual(float32([2, 2], [8, 16, 24, 32]));
  });

  it('leaves all tensors as they were when an output does not fit', async () => {
    const engine = await start({ name });
    const [fits, small] = [await engine.zeros([2]), await engine.zeros([1])];
    const program = engine.compile('both', (inputs) => ({ a: tf.mul(inputs['x']!, 2), b: tf.mul(inputs['x']!, 3) }));
    const writes = { a: { into: fits, axis: 0, start: 0 }, b: { into: small, axis: 0, start: 0 } };
    await expect(program.run({ x: float32([2], [1, 1]) }, { writes })).rejects.toThrow('does not fit at 0 along axis 0');
    expect(await engine.download(fits)).toEqual(float32([2], [0, 0]));
  });

  // SwiftShader's buffers lie in the process, so its resident memory shows what was not given back.
  it('gives the memory of dropped and replaced tensors back', async () => {
    const engine = await start({ name });
    const tensorBytes = 2 ** 24;
    const shape = [4, 256, 4096];
    const double = engine.compile('double', (inputs) => ({ y: tf.mul(inputs['x']!, 2) }));
    const round = async () => {
      const tensor = await engine.zeros(shape);
      await double.run({ x: float32([4, 1, 4096]) }, { writes: { y: { into: tensor, axis: 1, start: 7 } } });
      await double.run({ x: tensor }, { writes: { y: { into: tensor, axis: 0, start: 0 } } });
      await tensor.dispose();
    };
    for (let i = 0; i < 10; i++) await round();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 20; i++) await round();
    // A tensor lost in each round would be 20 more.
    expect(process.memoryUsage.rss() - before).toBeLessThan(6 * tensorBytes);
  });
});
