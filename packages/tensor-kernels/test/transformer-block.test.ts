import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@pharmacist/core';
import { expect, it } from 'vitest';
import {
  attention,
  createEngine,
  type HostTensor,
  float32,
  int32,
  linearCrossEntropy,
  loraLinear,
  type Program,
  rmsNorm,
  rotary,
  swiGlu,
  valueAndGradients,
} from '@pharmacist/tensor-kernels';

import { expectSame } from './support/parity.ts';

const random = new Random('smoke');
const normal = (...shape: number[]) =>
  float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 * random.normal()),
  );
const [B, T, D, H, G, V, R, F] = [2, 5, 16, 4, 2, 11, 3, 24];
const hd = D / H;
const angles = Array.from({ length: 8 * (hd / 2) }, (_, i) => Math.floor(i / (hd / 2)) * 100 ** (-(i % (hd / 2)) / (hd / 2)));
const base: Record<string, HostTensor> = {
  ids: int32([B, T], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  targets: int32([B * T], [2, 3, 4, 5, 6, 7, 8, 9, 10, 0]),
  positions: int32([B, T], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]),
  cos: float32([8, hd / 2], angles.map(Math.cos)),
  sin: float32([8, hd / 2], angles.map(Math.sin)),
  mask: float32(
    [1, 1, 1, T, T],
    Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)),
  ),
  embedding: normal(V, D),
  norm: normal(D),
  wq: normal(D, D),
  wk: normal(G * hd, D),
  wv: normal(G * hd, D),
  gate: normal(F, D),
  up: normal(F, D),
  down: normal(D, F),
};
const program =
  (trainedNames: string[]): Program =>
  (inputs) => {
    const trained = Object.fromEntries(trainedNames.map((name) => [name, inputs[name]!]));
    const { loss, gradients, extras } = valueAndGradients(trained, (t) => {
      const i: Record<string, tf.Tensor> = { ...inputs, ...t };
      const lora = (x: tf.Tensor, w: string) => loraLinear(x, i[w]!, { a: i[`${w}.a`]!, b: i[`${w}.b`]! }, 2);
      let x = tf.reshape(tf.gather(i['embedding']!, i['ids'] as tf.Tensor2D), [B * T, D]);
      const n = rmsNorm(x, i['norm']!, 1e-5);
      const heads = (y: tf.Tensor, h: number) => tf.transpose(tf.reshape(y, [B, T, h, hd]), [0, 2, 1, 3]);
      const tables = { cos: i['cos']!, sin: i['sin']! };
      const q = rotary(heads(lora(n, 'wq'), H), i['positions']!, tables);
      const k = rotary(heads(lora(n, 'wk'), G), i['positions']!, tables);
      const v = heads(lora(n, 'wv'), G);
      const o = tf.reshape(tf.transpose(attention(q, k, v, i['mask']!, hd ** -0.5), [0, 2, 1, 3]), [B * T, D]);
      x = tf.add(x, o);
      const m = rmsNorm(x, i['norm']!, 1e-5);
      x = tf.add(x, lora(swiGlu(lora(m, 'gate'), lora(m, 'up')), 'down'));
      const nll = linearCrossEntropy(rmsNorm(x, i['norm']!, 1e-5), i['embedding']!, i['targets']!);
      return { loss: tf.mean(nll), extras: { nll, hidden: x } };
    });
    return { loss, ...extras, ...Object.fromEntries(Object.entries(gradients).map(([k, g]) => [`grad.${k}`, g])) };
  };

it.each(['shared', 'row-wise'])('gives the same results on both engines, %s factors', async (kind) => {
  const projections = { wq: D, wk: G * hd, wv: G * hd, gate: F, up: F, down: D } as Record<string, number>;
  const inputs = { ...base };
  const names: string[] = ['embedding', 'norm', 'wq', 'down'];
  for (const [name, out] of Object.entries(projections)) {
    const into = name === 'down' ? F : D;
    inputs[`${name}.a`] = kind === 'shared' ? normal(R, into) : normal(B, R, into);
    inputs[`${name}.b`] = kind === 'shared' ? normal(out, R) : normal(B, out, R);
    names.push(`${name}.a`, `${name}.b`);
  }
  const results: Record<string, HostTensor>[] = [];
  for (const name of ['onnx', 'tfjs-cpu'] as const) {
    const { engine } = await createEngine({ name, numThreads: 1 });
    results.push(await engine.compile('smoke', program(names)).run(inputs));
    await engine.dispose();
  }
  const [onnx, eager] = results;
  expect(Object.keys(eager!).length).toBe(names.length + 3);
  expectSame(onnx!, eager!);
});
