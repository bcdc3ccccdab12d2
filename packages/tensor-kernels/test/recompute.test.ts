import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine, float32, type HostTensor, type Program, recomputed, segment, valueAndGradients } from '../src/index.ts';
import { trace } from '../src/graph/trace.ts';
import { lowerToStableHlo } from '../src/stablehlo/lower.ts';

const SIZE = 32;
const NUM_LAYERS = 6;
/** Bytes that tfjs holds when the forward pass is over; eager engines only. */
let bytesAfterForward = 0;

/** Layers x + tanh(x w)^2 sigmoid(x w), each a segment of which the middle is read in the loss too; with `isTwice` a second pass that is moved by the first one's gradient. */
function layers({ isTwice = false } = {}): Program {
  return (inputs) => {
    const loss = (weights: Readonly<Record<string, tf.Tensor>>, moved?: tf.Tensor) => {
      let x = inputs['x']!;
      const squares: tf.Tensor[] = [];
      for (let layer = 0; layer < NUM_LAYERS; layer++) {
        const input = x;
        const [output, square] = segment(() => {
          const product = tf.matMul(input, weights[`w${layer}`]!);
          const squared = tf.square(tf.tanh(moved === undefined ? product : tf.add(product, moved)));
          return [tf.add(input, tf.mul(squared, tf.sigmoid(product))), squared];
        });
        x = output!;
        squares.push(tf.mean(square!));
      }
      bytesAfterForward = tf.engine().state.numBytes;
      return { loss: tf.add(tf.sum(tf.sin(x)), tf.addN(squares)), extras: { last: x } };
    };
    const weights = Object.fromEntries(Object.entries(inputs).filter(([name]) => name.startsWith('w')));
    const first = valueAndGradients(weights, (trained) => loss(trained));
    if (!isTwice) return { loss: first.loss, ...first.extras, ...first.gradients };
    const second = valueAndGradients(weights, (trained) => loss(trained, tf.mul(first.gradients['w2']!, 0.01)));
    return { first: first.loss, loss: second.loss, ...second.gradients };
  };
}

const values = (seed: number) =>
  float32(
    [SIZE, SIZE],
    Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(seed + 0.37 * i) / 3),
  );
const inputs: Record<string, HostTensor> = { x: values(0) };
for (let layer = 0; layer < NUM_LAYERS; layer++) inputs[`w${layer}`] = values(layer + 1);

describe.each(['onnx', 'tfjs-cpu'] as const)('a recomputed program on %s', (name) => {
  let engine: Engine;
  beforeAll(async () => {
    ({ engine } = await createEngine({ name, numThreads: 1 }));
  });
  afterAll(() => engine.dispose());

  it.each([false, true])('gives the same bits, a second pass in it: %s', async (isTwice) => {
    const program = layers({ isTwice });
    const expected = await engine.compile('kept', program).run(inputs);
    const { numTensors } = tf.engine().state;
    expect(await engine.compile('recomputed', recomputed(program)).run(inputs)).toEqual(expected);
    expect(tf.engine().state.numTensors).toBe(numTensors);
  });

  it('does without gradients what it would do anyway', async () => {
    const forward: Program = ({ x }) => ({ y: segment(() => [tf.tanh(tf.square(x!))])[0]! });
    expect(await engine.compile('recomputed', recomputed(forward)).run(inputs)).toEqual(await engine.compile('kept', forward).run(inputs));
  });
});

it('of a compiled program little more is alive at once than what segments begin with', async () => {
  const { engine } = await createEngine({ name: 'onnx', numThreads: 1 });
  const kept = (await engine.compile('kept', layers()).cost(inputs))!;
  const again = (await engine.compile('recomputed', recomputed(layers())).cost(inputs))!;
  await engine.dispose();
  const tensor = 4 * SIZE * SIZE;
  // Results are there from the start: a gradient each layer and the last x. Of the rest three values a layer are kept, or one.
  const results = (NUM_LAYERS + 1) * tensor;
  expect(kept.peakActivationBytes - results).toBeGreaterThan(3 * NUM_LAYERS * tensor);
  expect(again.peakActivationBytes - results).toBeLessThan((2 * NUM_LAYERS + 6) * tensor);
  // The product of each layer once more; the first one's of the forward pass, and of the backward pass no gradient of x.
  expect(again.matMulFlops / kept.matMulFlops).toBeCloseTo((3 * NUM_LAYERS + NUM_LAYERS - 1) / (3 * NUM_LAYERS - 1), 1);
});

it('of an eager program tensors inside of segments are gone after the forward pass', async () => {
  const { engine } = await createEngine({ name: 'tfjs-cpu' });
  await engine.compile('kept', layers()).run(inputs);
  const kept = bytesAfterForward;
  await engine.compile('recomputed', recomputed(layers())).run(inputs);
  await engine.dispose();
  expect(kept - bytesAfterForward).toBeGreaterThanOrEqual(NUM_LAYERS * 4 * SIZE * SIZE);
});

it('for a compiler that shares equal operations what is made again stands behind barriers, and after the gradient that needs it', async () => {
  const types = Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  const { text } = lowerToStableHlo(await trace('recomputed', recomputed(layers()), types, 'pjrt'));
  const barriers = [...text.matchAll(/:(\d) = stablehlo.optimization_barrier/g)].map(([, count]) => Number(count));
  // The first segment begins with an input of the program, the same in both passes.
  expect(barriers).toEqual(Array<number>(NUM_LAYERS - 1).fill(2));
  expect((await trace('kept', layers(), types, 'pjrt')).nodes.some(({ name }) => name === 'Barrier')).toBe(false);
});
