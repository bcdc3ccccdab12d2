import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attention,
  type Engine,
  float32,
  floats,
  type HostTensor,
  int32,
  linearCrossEntropy,
  loraLinear,
  rmsNorm,
  swiGlu,
} from '@pharmacist/tensor-kernels';
import { directionalDerivative, programOf } from './support/differentiate.ts';
import { trackedEngines } from './support/leaks.ts';
import { expectSame } from './support/parity.ts';

const start = trackedEngines();
const size = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);
const dim = fc.integer({ min: 1, max: 4 });
const tensor = (...shape: number[]): fc.Arbitrary<HostTensor> =>
  fc
    .array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: size(shape), maxLength: size(shape) })
    .map((values) => float32(shape, values));

interface FusedOp {
  inputs: fc.Arbitrary<Record<string, HostTensor>>;
  trained: string[];
  body: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor;
}

const FUSED: Record<string, FusedOp> = {
  rmsNorm: {
    inputs: fc.tuple(dim, dim).chain(([n, d]) => fc.record({ x: tensor(n, d), weight: tensor(d) })),
    trained: ['x', 'weight'],
    // A large epsilon: x/|x| of one element has no derivative at 0.
    body: ({ x, weight }) => rmsNorm(x!, weight!, 0.5),
  },
  swiGlu: {
    inputs: fc.tuple(dim, dim).chain(([n, d]) => fc.record({ gate: tensor(n, d), up: tensor(n, d) })),
    trained: ['gate', 'up'],
    body: ({ gate, up }) => swiGlu(gate!, up!),
  },
  attention: {
    inputs: fc.tuple(dim, dim, dim, dim, dim).chain(([groups, repeats, t, s, d]) =>
      fc.record({
        q: tensor(1, groups * repeats, t, d),
        k: tensor(1, groups, s, d),
        v: tensor(1, groups, s, d),
        mask: tensor(1, 1, 1, t, s),
      }),
    ),
    trained: ['q', 'k', 'v'],
    body: ({ q, k, v, mask }) => attention(q!, k!, v!, mask!, 0.7),
  },
  loraLinear: {
    inputs: fc.tuple(dim, dim, dim, dim, dim, fc.boolean()).chain(([b, n, d, o, r, isRowWise]) =>
      fc.record({
        x: tensor(b * n, d),
        weight: tensor(o, d),
        a: isRowWise ? tensor(b, r, d) : tensor(r, d),
        b: isRowWise ? tensor(b, o, r) : tensor(o, r),
      }),
    ),
    trained: ['x', 'weight', 'a', 'b'],
    body: ({ x, weight, a, b }) => loraLinear(x!, weight!, { a: a!, b: b! }, 1.5),
  },
  linearCrossEntropy: {
    inputs: fc.tuple(dim, dim, dim).chain(([n, d, v]) =>
      fc.record({
        hidden: tensor(n, d),
        weight: tensor(v, d),
        targets: fc.array(fc.nat(v - 1), { minLength: n, maxLength: n }).map((ids) => int32([n], ids)),
      }),
    ),
    trained: ['hidden', 'weight'],
    body: ({ hidden, weight, targets }) => linearCrossEntropy(hidden!, weight!, targets!),
  },
};

describe('the gradient of', () => {
  it.each(Object.keys(FUSED))('%s is its directional derivative', async (name) => {
    const { inputs, trained, body } = FUSED[name]!;
    const engine = await start({ name: 'onnx', numThreads: 1 });
    const program = engine.compile(name, programOf({ body, trained }));
    await fc.assert(
      fc.asyncProperty(inputs, async (values) => {
        const { analytic, numeric, scale } = await directionalDerivative((at) => program.run(at), values, trained);
        // As in the parity suite: f32 rounding over the step, and what Richardson leaves of the fifth derivative.
        expect(Math.abs(analytic - numeric)).toBeLessThan(2e-3 * scale + 5e-4);
      }),
      { numRuns: 15 },
    );
  });
});

describe('softmax', () => {
  it('has rows that sum to 1 and does not see a shift', async () => {
    const engine = await start({ name: 'onnx', numThreads: 1 });
    const program = engine.compile('softmax', ({ x, shift }) => ({ y: tf.softmax(x!), shifted: tf.softmax(tf.add(x!, shift!)) }));
    const logits = fc.tuple(dim, dim).chain(([n, d]) => fc.record({ x: tensor(n, d), shift: tensor(n, 1) }));
    await fc.assert(
      fc.asyncProperty(logits, async (values) => {
        const { y, shifted } = await program.run(values);
        const width = y!.shape[1]!;
        for (let first = 0; first < y!.data.length; first += width)
          expect(
            floats(y!)
              .slice(first, first + width)
              .reduce((sum, value) => sum + value, 0),
          ).toBeCloseTo(1, 5);
        expect(shifted!.data).toBeAllclose(y!.data, { rtol: 1e-5, atol: 1e-6 });
      }),
      { numRuns: 20 },
    );
  });
});

/** Expressions over [3,3] tensors with what the passes rewrite: repeated parts, scaled products, zeros, ones and expansions. */
type Expression = (leaves: readonly tf.Tensor[]) => tf.Tensor;
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.nat(2).map(
      (i): Expression =>
        (leaves) =>
          leaves[i]!,
    ),
    fc.constantFrom<Expression>(
      () => tf.zeros([3, 3]),
      () => tf.ones([3, 3]),
      ([x]) => tf.broadcastTo(tf.mean(x!, 0, true), [3, 3]),
    ),
    fc.tuple(tie('expression'), tie('expression'), fc.constantFrom(tf.add, tf.sub, tf.mul)).map(
      ([a, b, op]): Expression =>
        (leaves) =>
          tf.tanh(op(a(leaves), b(leaves))),
    ),
    fc.tuple(tie('expression'), tie('expression'), fc.constantFrom(0.5, -2, 1), fc.boolean()).map(
      ([a, b, factor, isTransposed]): Expression =>
        (leaves) =>
          tf.tanh(tf.mul(tf.mul(tf.matMul(a(leaves), b(leaves), false, isTransposed), factor), 0.5)),
    ),
    tie('expression').map(
      (a): Expression =>
        (leaves) =>
          tf.sub(a(leaves), tf.mul(a(leaves), 0.25)),
    ),
  ),
}));

it('sharing, folding and leaving out do not change results', async () => {
  const [onnx, eager]: Engine[] = [await start({ name: 'onnx', numThreads: 1, maxSessions: 2 }), await start({ name: 'tfjs-cpu' })];
  await fc.assert(
    fc.asyncProperty(expression, tensor(3, 3), tensor(3, 3), tensor(3, 3), async (body, x, y, z) => {
      const inputs = { x, y, z };
      // The sum of squares of the inputs makes the loss depend on each of them.
      const program = programOf({
        trained: ['x', 'y', 'z'],
        body: (t) => {
          const leaves = [t['x']!, t['y']!, t['z']!];
          return tf.add(body(leaves), tf.square(tf.addN(leaves)));
        },
      });
      expectSame(await onnx!.compile('expression', program).run(inputs), await eager!.compile('expression', program).run(inputs));
    }),
    { numRuns: 40 },
  );
});
