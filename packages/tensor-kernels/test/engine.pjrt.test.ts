import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { EngineError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { float32, PjrtEngine } from '@pharmacist/tensor-kernels';
import { testEngine } from './support/engine-contract.ts';
import { trackedEngines } from './support/leaks.ts';

const start = trackedEngines();
const name = 'pjrt';

describe('pjrt', () => {
  testEngine(name, start);

  it('keeps frozen matrices in sixteen bits and multiplies them so', async () => {
    const engine = await start({ name: 'pjrt-bfloat16' });
    // 1 + 2^-9 is halfway between two bfloat16 numbers that f32 tells apart.
    const weight = await engine.upload(float32([1, 2], [1 + 2 ** -9, 3]), { isFrozen: true });
    const vector = await engine.upload(float32([2], [1 + 2 ** -9, 3]), { isFrozen: true });
    expect(engine.usage().residentBytes).toBe(2 * 2 + 2 * 4);
    expect(await engine.download(weight)).toEqual(float32([1, 2], [1, 3]));
    expect(await engine.download(vector)).toEqual(float32([2], [1 + 2 ** -9, 3]));
    const product = engine.compile('product', (inputs) => ({ y: tf.matMul(inputs['x']!, inputs['w']!, false, true) }));
    const { y } = await product.run({ x: float32([1, 2], [1, 2 ** -8]), w: weight });
    expect(y!.data[0]).toBe(1 + 3 * 2 ** -8);
  });

  it('gives the same bits in every run and every engine', async () => {
    const values = float32(
      [16, 16],
      Array.from({ length: 256 }, (_, i) => Math.sin(i)),
    );
    const results = [];
    for (let i = 0; i < 2; i++) {
      const engine = await start({ name });
      const program = engine.compile('mix', (inputs) => ({ y: tf.sum(tf.tanh(tf.matMul(inputs['x']!, inputs['x']!)), 0) }));
      results.push(await program.run({ x: values }), await program.run({ x: values }));
    }
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe('compiled programs on disk', () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'compiled-'));
  });
  afterEach(async () => await rm(cache, { recursive: true, force: true }));

  const answer = async () => {
    const engine = await PjrtEngine.start({ cache });
    try {
      const double = engine.compile('double', (inputs) => ({ y: tf.mul(inputs['x']!, 2) }));
      return (await double.run({ x: float32([2], [1, 4]) }))['y']!.data;
    } finally {
      await engine.dispose();
    }
  };

  it('are read back, and compiled again where a file is damaged', async () => {
    expect([...(await answer())]).toEqual([2, 8]);
    const files = await readdir(cache);
    expect(files).toHaveLength(1);
    expect([...(await answer())]).toEqual([2, 8]);
    expect(await readdir(cache)).toEqual(files);
    await writeFile(join(cache, files[0]!), 'no executable');
    expect([...(await answer())]).toEqual([2, 8]);
  });
});

describe('what is no plugin', () => {
  const faultOf = async (path: string) =>
    await PjrtEngine.start({ cache: false, plugin: { path, name: 'mine', libraries: [], cudaDir: undefined } }).then(
      () => expect.fail('it started'),
      (error: unknown) => error as EngineError,
    );

  it('is named with the reason, and nothing is left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plugin-'));
    const text = join(folder, 'text.so');
    await writeFile(text, 'hello');
    const libraries = join(
      dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')),
      'bin',
      'napi-v6',
      'linux',
      'x64',
    );
    const other = join(
      libraries,
      (await readdir(libraries)).find((file) => file.startsWith('libonnxruntime.so'))!,
    );
    for (const [path, reason] of [
      [join(folder, 'nowhere.so'), 'cannot open shared object file'],
      [text, 'cannot be loaded'],
      [other, 'it has no function GetPjrtApi'],
    ] as const) {
      const fault = await faultOf(path);
      expect(fault).toBeInstanceOf(EngineError);
      expect(fault.isUserError).toBe(true);
      expect(fault.message).toContain('the plugin mine does not work here');
      expect(fault.message).toContain(reason);
      expect(fault.hint).toContain('--engine onnx');
    }
    await rm(folder, { recursive: true });
  });
});
