import * as tf from '@tensorflow/tfjs-core';
import { InternalError, type PharmacistError, ShapeError } from '@pharmacist/core';
import { expect, it } from 'vitest';
import {
  type CreateEngineOptions,
  type Engine,
  type EngineName,
  float32,
  int32,
  type Program,
  valueAndGradients,
  widened,
} from '@pharmacist/tensor-kernels';

export const faultOf = (promise: Promise<unknown>): Promise<PharmacistError> =>
  promise.then(
    () => expect.fail('no error'),
    (error: PharmacistError) => error,
  );

export const double: Program = ({ x }) => ({ y: tf.mul(x!, 2) });
export const x = float32([2], [1, -3]);

/** What every engine promises, as tests of one engine. @param start of `trackedEngines`, so that nothing may outlive a test. */
export function testEngine(name: Exclude<EngineName, 'auto'>, start: (options: CreateEngineOptions) => Promise<Engine>): void {
  it('keeps resident tensors: upload, zeros, download, dispose', async () => {
    const engine = await start({ name });
    const data = Float32Array.of(9, 1, 2, 3, 4, 9).subarray(1, 5);
    const weight = await engine.upload({ shape: [2, 2], dtype: 'float32', data });
    data.fill(0);
    const ids = await engine.upload(int32([2], [1, 0]));
    const zeros = await engine.zeros([3]);
    expect(engine.usage()).toMatchObject({ residentTensors: 3, residentBytes: 4 * (4 + 2 + 3) });
    const rows = engine.compile('rows', (inputs) => ({ y: tf.gather(inputs['weight']!, inputs['ids'] as tf.Tensor1D) }));
    for (let i = 0; i < 2; i++) expect(await rows.run({ weight, ids })).toEqual({ y: float32([2, 2], [3, 4, 1, 2]) });
    expect(await engine.download(weight)).toEqual(float32([2, 2], [1, 2, 3, 4]));
    expect(await engine.download(ids)).toEqual(int32([2], [1, 0]));
    expect(await engine.download(zeros)).toEqual(float32([3], [0, 0, 0]));
    await weight.dispose();
    await weight.dispose();
    expect(engine.usage()).toMatchObject({ residentTensors: 2, residentBytes: 4 * 5 });
    expect(await faultOf(engine.download(weight))).toBeInstanceOf(InternalError);
    expect((await faultOf(rows.run({ weight, ids }))).message).toContain('used after it was released');
  });

  it('reads a frozen weight of sixteen bits as the f32 numbers that it holds', async () => {
    const engine = await start({ name });
    // Every sign, every exponent that products of them do not overflow, and mantissas of all lengths.
    const patterns = Uint16Array.from({ length: 6 * 8 }, (_, i) => ((i & 1) << 15) | (0x3c00 + 37 * i));
    for (const dtype of ['bfloat16', 'float16'] as const) {
      const half = { shape: [6, 8], dtype, data: patterns };
      const wide = widened(half);
      const weight = await engine.upload({ ...half, data: patterns.slice() }, { move: true, isFrozen: true });
      expect({ shape: weight.shape, dtype: weight.dtype }).toEqual({ shape: [6, 8], dtype: 'float32' });
      expect(await engine.download(weight)).toEqual(wide);
      const rows = float32([2, 8], [1, 2, -1, 0.5, 1, -2, 4, 0, 2, 1, 1, 1, -1, -1, 0.5, 8]);
      const program: Program = ({ x: input, weight: matrix, ids }) => {
        const { loss, gradients } = valueAndGradients({ input: input! }, (trained) => ({
          loss: tf.sum(tf.matMul(trained['input']!, matrix!, false, true)),
        }));
        return {
          loss,
          gradient: gradients['input']!,
          rows: tf.gather(matrix!, ids as tf.Tensor1D),
          cut: tf.slice(matrix!, [2, 0], [3, 8]),
        };
      };
      const run = engine.compile('half', program);
      const ids = int32([3], [5, 0, 5]);
      const expected = await run.run({ x: rows, weight: wide, ids });
      expect(await run.run({ x: rows, weight, ids })).toEqual(expected);
      await weight.dispose();
    }
    expect(engine.usage()).toMatchObject({ residentTensors: 0, residentBytes: 0 });
  });

  it('moves a tensor and leaves a view of a larger buffer to its owner', async () => {
    const engine = await start({ name });
    const whole = Float32Array.of(1, 2, 3);
    const view = whole.subarray(1);
    expect(await engine.download(await engine.upload(float32([2], view), { move: true }))).toEqual(float32([2], [2, 3]));
    expect([...whole]).toEqual([1, 2, 3]);
    expect(await engine.download(await engine.upload(float32([3], whole), { move: true }))).toEqual(float32([3], [1, 2, 3]));
  });

  it('writes outputs into resident tensors at a place', async () => {
    const engine = await start({ name });
    const cache = await engine.zeros([2, 3, 2]);
    const step = engine.compile('step', (inputs) => ({ part: tf.mul(inputs['x']!, 10), sum: tf.sum(inputs['cache']!) }));
    const run = (values: number[], at: number) =>
      step.run({ x: float32([2, 1, 2], values), cache }, { writes: { part: { into: cache, axis: 1, start: at } } });
    expect(await run([1, 2, 3, 4], 1)).toEqual({ sum: float32([], [0]) });
    expect(await run([5, 6, 7, 8], 2)).toEqual({ sum: float32([], [100]) });
    expect(await engine.download(cache)).toEqual(float32([2, 3, 2], [0, 0, 10, 20, 50, 60, 0, 0, 30, 40, 70, 80]));
    await expect(run([1, 2, 3, 4], 3)).rejects.toThrow('does not fit at 3 along axis 1');
  });

  it('keeps the order of calls that depend on each other through a resident tensor', async () => {
    const engine = await start({ name });
    const state = await engine.upload(float32([1], [1]));
    const writes = { next: { into: state, axis: 0, start: 0 } };
    const addOne = engine.compile('addOne', (inputs) => ({ next: tf.add(inputs['state']!, 1) }));
    const triple = engine.compile('triple', (inputs) => ({ next: tf.mul(inputs['state']!, 3) }));
    await addOne.run({ state });
    // triple compiles here, addOne has; the order of the calls decides all the same: ((1 * 3) + 1) * 3.
    await Promise.all([triple.run({ state }, { writes }), addOne.run({ state }, { writes }), triple.run({ state }, { writes })]);
    expect(await engine.download(state)).toEqual(float32([1], [12]));
  });

  it('returns inputs, constants, i32 values and one value under two names', async () => {
    const engine = await start({ name });
    const odd = engine.compile('odd', (inputs) => {
      const y = tf.add(inputs['x']!, 1);
      return {
        x: inputs['x']!,
        copy: tf.clone(inputs['x']!),
        constant: tf.tensor([4, 5, 6]),
        uniform: tf.zeros([2, 50]),
        y,
        again: y,
        ids: tf.add(inputs['ids']!, tf.scalar(1, 'int32')),
        isPositive: tf.cast(tf.greater(inputs['x']!, 0), 'int32'),
      };
    });
    expect(await odd.run({ x, ids: int32([2], [7, 8]) })).toEqual({
      x,
      copy: x,
      constant: float32([3], [4, 5, 6]),
      uniform: float32([2, 50]),
      y: float32([2], [2, -2]),
      again: float32([2], [2, -2]),
      ids: int32([2], [8, 9]),
      isPositive: int32([2], [1, 0]),
    });
    expect([...x.data]).toEqual([1, -3]);
  });

  it('returns as extras what is trained, what is shared and the loss itself', async () => {
    const engine = await start({ name });
    const program = engine.compile('extras', (inputs) => {
      const result = valueAndGradients({ x: inputs['x']! }, (trained) => {
        const loss = tf.sum(tf.square(trained['x']!));
        return { loss, extras: { same: trained['x']!, loss2: loss, loss3: loss } };
      });
      return { loss: result.loss, ...result.gradients, ...result.extras };
    });
    const weight = await engine.upload(x);
    for (let i = 0; i < 2; i++) {
      const expected = { loss: float32([], [10]), x: float32([2], [2, -6]), same: x, loss2: float32([], [10]), loss3: float32([], [10]) };
      expect(await program.run({ x: weight })).toEqual(expected);
    }
  });

  it('names the program and its inputs when shapes do not fit, and goes on', async () => {
    const engine = await start({ name });
    const sum = engine.compile('sum of both', (inputs) => ({ y: tf.add(inputs['x']!, inputs['z']!) }));
    const weight = await engine.upload(float32([3]));
    const fault = await faultOf(sum.run({ x, z: weight }));
    expect(fault).toBeInstanceOf(ShapeError);
    expect(fault.where).toBe('sum of both');
    expect(fault.message).toContain('(inputs: x float32 [2], 1 resident)');
    expect(await sum.run({ x, z: x })).toEqual({ y: float32([2], [2, -6]) });
  });

  it('rejects work after dispose', async () => {
    const engine = await start({ name });
    const program = engine.compile('double', double);
    const weight = await engine.upload(x);
    await program.run({ x });
    await engine.dispose();
    await engine.dispose();
    for (const late of [program.run({ x }), engine.upload(x), engine.zeros([1]), engine.download(weight)])
      expect(await faultOf(late)).toBeInstanceOf(InternalError);
    await weight.dispose();
  });

  it('gives the same bits twice', async () => {
    const program: Program = (inputs) => ({ y: tf.softmax(tf.matMul(inputs['a']!, inputs['b']!)), s: tf.sum(inputs['a']!) });
    const a = float32(
      [70, 130],
      Float32Array.from({ length: 70 * 130 }, (_, i) => Math.sin(i)),
    );
    const b = float32(
      [130, 90],
      Float32Array.from({ length: 130 * 90 }, (_, i) => Math.cos(3 * i)),
    );
    const first = await start({ name });
    const second = await start({ name });
    const run = first.compile('bits', program);
    const expected = await run.run({ a, b });
    expect(await run.run({ a, b })).toEqual(expected);
    expect(await second.compile('bits', program).run({ a, b })).toEqual(expected);
  });
}
