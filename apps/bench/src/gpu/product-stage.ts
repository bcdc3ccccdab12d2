import * as tf from '@tensorflow/tfjs-core';
import { PjrtEngine } from '@pharmacist/tensor-kernels';
import { quantile } from '../statistics.ts';
import { cut, hashedPool } from './hashed-weights.ts';
import { stopwatch } from './step-stage.ts';

const REPEATS = 20;

/** A square product of bfloat16 matrices that stay on the device: TFLOP/s, the call from Node included. */
export async function productStage(size: number): Promise<Record<string, unknown>> {
  const engine = await PjrtEngine.start({ precision: 'bfloat16', cache: false });
  try {
    const pool = hashedPool(2 ** 22);
    const matrix = async (offset: number) =>
      await engine.upload({ shape: [size, size], dtype: 'bfloat16', data: cut(pool, offset, size * size) }, { isFrozen: true });
    const [a, b, y] = [await matrix(0), await matrix(12_345), await engine.zeros([size, size])];
    const product = engine.compile('product', (inputs) => ({ y: tf.matMul(inputs['a']!, inputs['b']!) }));
    const since = stopwatch();
    const seconds: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      await product.run({ a, b }, { writes: { y: { into: y, axis: 0, start: 0 } } });
      seconds.push(since());
    }
    const time = quantile(seconds.slice(2), 0.5);
    return { size, device: engine.device.deviceKind, compileSeconds: seconds[0], seconds: time, teraflops: (2 * size ** 3) / time / 1e12 };
  } finally {
    await engine.dispose();
  }
}
