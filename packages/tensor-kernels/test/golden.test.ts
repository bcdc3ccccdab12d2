import * as tf from '@tensorflow/tfjs-core';
import { readdirSync } from 'node:fs';
import { goldenPath, type GoldenTensor, readOpGolden } from '@pharmacist/test-fixtures';
import { F32_FORWARD, F32_GRAD } from '@pharmacist/tooling/vitest/matchers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attention,
  createEngine,
  type Engine,
  geGlu,
  type HostTensor,
  layerNorm,
  linearCrossEntropy,
  loraLinear,
  rmsNorm,
  rotary,
  swiGlu,
  valueAndGradients,
} from '@pharmacist/tensor-kernels';
import { logSoftmax } from '../src/kernels/log-softmax.ts';

type Inputs = Readonly<Record<string, tf.Tensor>>;
type Op = (inputs: Inputs, settings: Record<string, unknown>) => tf.Tensor;

const rows = (x: tf.Tensor) => tf.reshape(x, [-1, x.shape.at(-1)!]);
const matMul: Op = ({ a, b }, settings) => tf.matMul(a!, b!, settings['transposeA'] === true, settings['transposeB'] === true);
const rmsNormOp: Op = ({ x, weight }, { eps }) => rmsNorm(x!, weight!, eps as number);
/** The mask of the goldens is [B, 1, T, T]; ours has an axis for the heads of a group. */
const attentionOp: Op = ({ q, k, v, mask }, { cap }) =>
  attention(q!, k!, v!, tf.expandDims(mask!, 2), 1 / Math.sqrt(q!.shape[3]!), cap as number | undefined);
const loraOp: Op = ({ x, w, a, b }, { scale }) =>
  tf.reshape(loraLinear(rows(x!), w!, { a: a!, b: b! }, scale as number), [...x!.shape.slice(0, -1), w!.shape[0]!]);

/** The layout of this golden is [B, T, H, D]; ours is [B, H, T, D]. */
const rotaryOp: Op = ({ x, positions }, { theta, size = x!.shape[3]! }) => {
  const half = (size as number) / 2;
  const angles = Array.from({ length: 16 * half }, (_, i) => Math.floor(i / half) * (theta as number) ** (-(i % half) / half));
  const [cos, sin] = [Math.cos, Math.sin].map((f) => tf.tensor(angles.map(f), [16, half]));
  return tf.transpose(rotary(tf.transpose(x!, [0, 2, 1, 3]), positions!, { cos: cos!, sin: sin! }), [0, 2, 1, 3]);
};

/** Callers take the hidden states of the labelled positions first; ignored ones have loss 0 and gradient 0. */
const crossEntropyOp: Op = ({ h, embedding, labels }, { cap }) => {
  const isLabelled = tf.greaterEqual(labels!, 0);
  const targets = tf.where(isLabelled, labels!, tf.zerosLike(labels!));
  return tf.mul(linearCrossEntropy(h!, embedding!, targets, cap as number | undefined), tf.cast(isLabelled, 'float32'));
};

const OPS: Record<string, Op> = {
  'attention-capped': attentionOp,
  'attention-gqa': attentionOp,
  'attention-mha': attentionOp,
  geglu: ({ gate, up }) => geGlu(gate!, up!),
  'layer-norm': ({ x, weight, bias }, { eps }) => layerNorm(x!, weight!, bias!, eps as number),
  'linear-cross-entropy': crossEntropyOp,
  'linear-cross-entropy-capped': crossEntropyOp,
  'linear-cross-entropy-ignored': crossEntropyOp,
  'log-softmax': ({ x }) => logSoftmax(x!),
  'lora-linear': loraOp,
  'lora-linear-bias': (inputs, settings) => tf.add(loraOp(inputs, settings), inputs['bias']!),
  'lora-linear-per-row': loraOp,
  'matmul-broadcast': ({ a, b }) => tf.reshape(tf.matMul(rows(a!), b!), [...a!.shape.slice(0, -1), b!.shape[1]!]),
  'matmul-nn': matMul,
  'matmul-nt': matMul,
  'matmul-tn': matMul,
  'matmul-tt': matMul,
  'rms-norm': rmsNormOp,
  'rms-norm-small': rmsNormOp,
  rotary: rotaryOp,
  'rotary-partial': rotaryOp,
  softmax: ({ x }) => tf.softmax(x!),
  swiglu: ({ gate, up }) => swiGlu(gate!, up!),
};

const toHost = ({ shape, data }: GoldenTensor): HostTensor => ({ shape, data, dtype: data instanceof Float32Array ? 'float32' : 'int32' });

it('covers every golden of an op', () => {
  const goldens = readdirSync(goldenPath('tensor-kernels')).filter((name) => name.endsWith('.safetensors'));
  expect(Object.keys(OPS).sort()).toEqual(goldens.map((name) => name.replace('.safetensors', '')).sort());
});

describe.each(['onnx', 'tfjs-cpu'] as const)('float64 PyTorch, %s', (engineName) => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name: engineName, numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  it.each(Object.keys(OPS))('%s', async (name) => {
    const { tensors, settings } = readOpGolden(name);
    const named = (prefix: string) =>
      Object.fromEntries(
        Object.entries(tensors).flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [])),
      );
    const gradients = named('grad.');
    const program = engine.compile(name, (all) => {
      const { upstream, ...inputs } = all;
      const leaves = Object.fromEntries(Object.keys(gradients).map((key) => [key, inputs[key]!]));
      const result = valueAndGradients(leaves, (trained) => {
        const y = OPS[name]!({ ...inputs, ...trained }, settings);
        return { loss: tf.sum(tf.mul(y, upstream!)), extras: { y } };
      });
      return { ...result.gradients, ...result.extras };
    });
    const inputs = Object.fromEntries(Object.entries(named('in.')).map(([key, tensor]) => [key, toHost(tensor)]));
    const { y, ...got } = await program.run({ ...inputs, upstream: toHost(tensors['dy']!) });
    expect(y!.shape).toEqual(tensors['out.y']!.shape);
    expect(y!.data).toBeAllclose(tensors['out.y']!.data, F32_FORWARD);
    expect(Object.keys(got).sort()).toEqual(Object.keys(gradients).sort());
    for (const [key, { shape, data }] of Object.entries(gradients)) {
      expect(got[key]!.shape).toEqual(shape);
      expect(got[key]!.data).toBeAllclose(data, F32_GRAD);
    }
  });
});
