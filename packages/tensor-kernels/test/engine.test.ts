import * as tf from '@tensorflow/tfjs-core';
import { EngineError, ShapeError } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { float32, int32, valueAndGradients, widened } from '@pharmacist/tensor-kernels';
import { double, faultOf, testEngine, x } from './support/engine-contract.ts';
import { trackedEngines } from './support/leaks.ts';

const start = trackedEngines();

describe.each(['onnx', 'tfjs-cpu'] as const)('%s', (name) => {
  testEngine(name, start);
});

describe('the onnx engine', () => {
  it('runs what was called before dispose', async () => {
    const engine = await start({ name: 'onnx' });
    const result = engine.compile('double', double).run({ x });
    await engine.dispose();
    expect(await result).toEqual({ y: float32([2], [2, -6]) });
  });

  it('widens every finite number of sixteen bits exactly, and keeps two bytes for each', async () => {
    const engine = await start({ name: 'onnx' });
    for (const [dtype, exponent] of [
      ['bfloat16', 0x7f80],
      ['float16', 0x7c00],
    ] as const) {
      const data = Uint16Array.from({ length: 65_536 }, (_, pattern) => ((pattern & exponent) === exponent ? 0 : pattern));
      const half = { shape: [256, 256], dtype, data };
      const weight = await engine.upload(half, { isFrozen: true });
      expect(engine.usage().residentBytes).toBe(2 * 65_536);
      const same = engine.compile('same', (inputs) => ({ y: inputs['weight']! }));
      const { y } = await same.run({ weight });
      expect(new Uint32Array(y!.data.buffer)).toEqual(new Uint32Array(widened(half).data.buffer));
      await weight.dispose();
    }
  });

  it('reads bfloat16 weights that it keeps as f16 as they are, however they are used', async () => {
    const engine = await start({ name: 'onnx' });
    const data = Uint16Array.from({ length: 64 * 48 }, (_, i) =>
      i % 7 === 0 ? (i & 1) << 15 : 0x3a00 + ((i * 40_503) % 700) + ((i & 2) << 14),
    );
    const half = { shape: [64, 48], dtype: 'bfloat16' as const, data };
    const [weight, wide] = [await engine.upload(half, { isFrozen: true }), await engine.upload(widened(half), { isFrozen: true })];
    expect(weight).toMatchObject({ stored: 'float16', exponent: 13 });
    const run = engine.compile('uses', ({ weight: w, x: rows, ids }) => ({
      same: w!,
      rows: tf.gather(w!, ids as tf.Tensor1D),
      part: tf.slice(w!, [3, 0], [10, 48]),
      columns: tf.slice(w!, [0, 5], [64, 7]),
      scaled: tf.mul(tf.matMul(rows!, w!, false, true), 0.3),
      back: tf.matMul(tf.matMul(rows!, w!, false, true), w!),
      twice: tf.matMul(w!, w!, true),
      row: tf.matMul(tf.slice(rows!, [0, 0], [1, 48]), w!, false, true),
      sum: tf.sum(tf.exp(w!)),
    }));
    const inputs = {
      x: float32(
        [5, 48],
        Float32Array.from({ length: 240 }, (_, i) => Math.sin(i)),
      ),
      ids: int32([4], [63, 0, 7, 7]),
    };
    const [half16, full] = [await run.run({ ...inputs, weight }), await run.run({ ...inputs, weight: wide })];
    expect(Object.keys(half16)).toHaveLength(9);
    expect(half16).toEqual(full);
    const down = await engine.download(weight);
    expect(new Uint32Array(down.data.buffer)).toEqual(new Uint32Array(widened(half).data.buffer));
  });

  it('multiplies small numbers by bfloat16 weights of unusual size without losing a bit', async () => {
    const engine = await start({ name: 'onnx' });
    for (const exponent of [30, 225]) {
      const data = Uint16Array.from({ length: 16 * 16 }, (_, i) => (exponent << 7) | (i % 128));
      const half = { shape: [16, 16], dtype: 'bfloat16' as const, data };
      const [weight, wide] = [await engine.upload(half, { isFrozen: true }), await engine.upload(widened(half), { isFrozen: true })];
      expect(weight.stored).toBe('float16');
      const run = engine.compile('unusual', ({ x: rows, weight: w }) => ({
        y: tf.matMul(rows!, w!),
        z: tf.matMul(rows!, w!, false, true),
      }));
      const small = float32(
        [1, 16],
        Float32Array.from({ length: 16 }, (_, i) => (i + 1) * (exponent < 127 ? 2 ** -22 : 2 ** -110) * 1.1),
      );
      expect(await run.run({ x: small, weight })).toEqual(await run.run({ x: small, weight: wide }));
    }
  });

  it('multiplies by long weights of sixteen bits piece by piece, with the bits of the whole', async () => {
    const engine = await start({ name: 'onnx', numThreads: 2 });
    const [out, width] = [8192, 1100]; // f32 it would be 36 MB.
    const half = { shape: [out, width], dtype: 'bfloat16' as const, data: new Uint16Array(out * width) };
    for (let i = 0; i < half.data.length; i++) half.data[i] = 0x3c00 + ((i * 2_654_435_761) >>> 23) + ((i & 4) << 13);
    const weight = await engine.upload(half, { isFrozen: true });
    const wide = await engine.upload(widened(half), { isFrozen: true });
    for (const numRows of [2, 70]) {
      const run = engine.compile('long', (inputs) => ({
        y: tf.matMul(inputs['x']!, inputs['weight']!, false, true),
        back: tf.matMul(inputs['dy']!, inputs['weight']!),
        part: tf.matMul(inputs['x']!, tf.slice(inputs['weight']!, [1000, 0], [6000, width]), false, true),
      }));
      const values = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
      const inputs = { x: float32([numRows, width], values(numRows * width)), dy: float32([numRows, out], values(numRows * out)) };
      const [pieces, whole] = [await run.run({ ...inputs, weight }), await run.run({ ...inputs, weight: wide })];
      expect(Object.keys(pieces)).toEqual(Object.keys(whole));
      for (const [name, { shape, data }] of Object.entries(whole)) {
        expect(pieces[name]!.shape).toEqual(shape);
        expect(Buffer.from(pieces[name]!.data.buffer).equals(Buffer.from(data.buffer)), name).toBe(true);
      }
    }
  });

  it('gives memory that was moved up', async () => {
    const engine = await start({ name: 'onnx' });
    const tensor = float32([2], [1, 2]);
    await engine.upload(tensor, { move: true });
    expect(tensor.data.byteLength).toBe(0);
  });

  it('compiles once for each signature and bounds the number of sessions', async () => {
    const engine = await start({ name: 'onnx', maxSessions: 2 });
    let numTraces = 0;
    const program = engine.compile('double', (inputs) => {
      numTraces++;
      return double(inputs);
    });
    const run = async (length: number) => (await program.run({ x: float32([length]) }))['y']!.shape;
    for (const length of [1, 2, 1, 2]) expect(await run(length)).toEqual([length]);
    expect([numTraces, engine.usage().sessions]).toEqual([2, 2]);
    await run(3);
    await run(2);
    expect([numTraces, engine.usage().sessions]).toEqual([3, 2]);
    // 1 was used longest ago, so it is the one that went.
    await run(1);
    expect([numTraces, engine.usage().sessions]).toEqual([4, 2]);
  });

  it('bounds the memory that sessions keep, and runs those beyond it without', async () => {
    const engine = await start({ name: 'onnx', maxArenaBytes: 100 });
    const program = engine.compile('double', double);
    for (const length of [10, 1000, 10, 2000]) {
      const { y } = await program.run({ x: float32([length], Array<number>(length).fill(3)) });
      expect(y!.data.every((value) => value === 6)).toBe(true);
    }
    const { sessions, arenaBytes } = engine.usage();
    expect(sessions).toBe(3);
    expect(arenaBytes).toBeGreaterThan(0);
    expect(arenaBytes).toBeLessThanOrEqual(100);
  });

  it('runs calls made at once with more signatures than sessions', async () => {
    const engine = await start({ name: 'onnx', maxSessions: 1 });
    const program = engine.compile('double', double);
    const lengths = [1, 2, 3, 1, 2, 3, 3];
    const results = await Promise.all(lengths.map((length) => program.run({ x: float32([length], Array<number>(length).fill(length)) })));
    expect(results.map(({ y }) => [...y!.data])).toEqual(lengths.map((length) => Array<number>(length).fill(2 * length)));
    expect(engine.usage().sessions).toBe(1);
  });

  it('says that a traced program must not read its tensors', async () => {
    const engine = await start({ name: 'onnx' });
    const reading = engine.compile('reading', (inputs) => (inputs['x']!.dataSync()[0]! > 0 ? { y: inputs['x']! } : {}));
    const fault = await faultOf(reading.run({ x }));
    expect(fault).toBeInstanceOf(ShapeError);
    expect(fault.describe()).toContain('reading: a program must not read a tensor while it is traced');
  });

  it('names the call when the runtime fails, and goes on', async () => {
    const engine = await start({ name: 'onnx' });
    const rows = engine.compile('rows', (inputs) => ({ y: tf.gather(inputs['x']!, inputs['ids'] as tf.Tensor1D) }));
    const fault = await faultOf(rows.run({ x, ids: int32([1], [7]) }));
    expect(fault).toBeInstanceOf(EngineError);
    expect(fault.describe()).toMatch(/rows \(x float32 \[2\], ids int32 \[1\]\): ONNX Runtime: .*indices element out of data bounds/s);
    expect(await rows.run({ x, ids: int32([1], [1]) })).toEqual({ y: float32([1], [-3]) });
  });

  it('adds up every row of a scatter with repeated indices, whatever the number of threads', async () => {
    const engine = await start({ name: 'onnx', numThreads: 4 });
    const segments = engine.compile('segments', (inputs) => ({
      y: tf.unsortedSegmentSum(inputs['x']!, inputs['ids'] as tf.Tensor1D, 3),
    }));
    const numRows = 60_000;
    const ids = int32(
      [numRows],
      Int32Array.from({ length: numRows }, (_, i) => (i * 7) % 3),
    );
    const ones = float32([numRows, 4], new Float32Array(4 * numRows).fill(1));
    for (let i = 0; i < 20; i++)
      expect([...(await segments.run({ x: ones, ids }))['y']!.data]).toEqual(Array<number>(12).fill(numRows / 3));
  });

  it('leaves the event loop alive during a long run', async () => {
    const engine = await start({ name: 'onnx', numThreads: 1 });
    const power = engine.compile('power', (inputs) => {
      let y = inputs['x']!;
      for (let i = 0; i < 15; i++) y = tf.matMul(y, inputs['x']!);
      return { y: tf.sum(y) };
    });
    const matrix = float32([1024, 1024], new Float32Array(2 ** 20).fill(1 / 1024));
    await power.cost({ x: matrix });
    let numTicks = 0;
    const timer = setInterval(() => numTicks++, 5);
    const { y } = await power.run({ x: matrix });
    clearInterval(timer);
    expect(y!.data[0]).toBe(1024);
    expect(numTicks).toBeGreaterThan(5);
  });

  it('never computes the gradient of a frozen weight', async () => {
    const engine = await start({ name: 'onnx' });
    const [rows, width] = [4, 8];
    // Two layers: y = tanh(x W1^T) W2^T, all widths equal, so that one product is 2 N D^2.
    const layers = (trainedNames: string[]) =>
      engine.compile('layers', (inputs) => {
        const trained = Object.fromEntries(trainedNames.map((key) => [key, inputs[key]!]));
        const { gradients } = valueAndGradients(trained, (leaves) => {
          const all: Readonly<Record<string, tf.Tensor>> = { ...inputs, ...leaves };
          const hidden = tf.tanh(tf.matMul(all['x']!, all['w1']!, false, true));
          return { loss: tf.sum(tf.square(tf.matMul(hidden, all['w2']!, false, true))) };
        });
        return gradients;
      });
    const inputs = { x: float32([rows, width]), w1: float32([width, width]), w2: float32([width, width]) };
    const product = 2 * rows * width * width;
    const flops = async (...names: string[]) => (await layers(names).cost(inputs))!.matMulFlops / product;
    expect(await flops('w2')).toBe(2 + 1);
    expect(await flops('w1')).toBe(2 + 2);
    expect(await flops('w1', 'w2')).toBe(2 + 3);
    expect(await flops('x', 'w1', 'w2')).toBe(2 + 4);
  });
});
