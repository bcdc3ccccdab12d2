import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@pharmacist/core';
import {
  attention,
  float32,
  floats,
  geGlu,
  type HostTensor,
  int32,
  layerNorm,
  linearCrossEntropy,
  loraLinear,
  rmsNorm,
  rotary,
  scaledMatMul,
  swiGlu,
} from '@pharmacist/tensor-kernels';
import { logSoftmax } from '../../src/kernels/log-softmax.ts';

/** One program of one kernel. */
export interface KernelCase {
  /** File in src/kernels, without its ending. */
  readonly file: string;
  readonly title: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Inputs to differentiate by. */
  readonly trained: readonly string[];
  readonly body: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor | tf.Tensor[];
}

const random = new Random('kernel cases');
const size = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);

/** Standard normal elements. */
export const normal = (...shape: number[]): HostTensor =>
  float32(
    shape,
    Array.from({ length: size(shape) }, () => random.normal()),
  );

/** Elements in [0.5, 1.5): for logarithms, roots and divisors. */
const positive = (...shape: number[]): HostTensor =>
  float32(
    shape,
    Array.from({ length: size(shape) }, () => 0.5 + random.uniform()),
  );

/** Elements at least `1 / size` apart from each other and from 0, in random order: no kink and no tie near any of them. */
const apart = (shift: number, ...shape: number[]): HostTensor => {
  const count = size(shape);
  return float32(
    shape,
    random.permutation(count).map((i) => (4 * (i + shift) - 2 * count) / count),
  );
};

/** Integers in [0, below). */
const integers = (below: number, ...shape: number[]): HostTensor =>
  int32(
    shape,
    Array.from({ length: size(shape) }, () => random.integer(below)),
  );

const cases: KernelCase[] = [];

function add(
  file: string,
  title: string,
  inputs: Record<string, HostTensor>,
  body: KernelCase['body'],
  trained = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32'),
): void {
  cases.push({ file, title, inputs, trained, body });
}

/** Kernels of one input, element by element. */
const UNARY: Record<string, [op: (x: tf.Tensor) => tf.Tensor, make: (...shape: number[]) => HostTensor]> = {
  abs: [tf.abs, (...shape) => apart(0.7, ...shape)],
  cos: [tf.cos, normal],
  erf: [tf.erf, normal],
  exp: [tf.exp, normal],
  log: [tf.log, positive],
  neg: [tf.neg, normal],
  reciprocal: [tf.reciprocal, positive],
  relu: [tf.relu, (...shape) => apart(0.7, ...shape)],
  rsqrt: [tf.rsqrt, positive],
  sigmoid: [tf.sigmoid, normal],
  sin: [tf.sin, normal],
  sqrt: [tf.sqrt, positive],
  square: [tf.square, normal],
  tanh: [tf.tanh, normal],
};
for (const [file, [op, make]] of Object.entries(UNARY)) {
  for (const shape of [[2, 3], [1, 1, 4], []]) add(file, `[${shape.join()}]`, { x: make(...shape) }, ({ x }) => op(x!));
}

/** Pairs of shapes: equal, broadcast on either side and on both, scalars, axes of length 1. */
const BROADCASTS = [
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[3], [2, 3]],
  [[2, 3], []],
  [
    [1, 1],
    [1, 4],
  ],
] as const;
const BINARY: Record<string, [op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a: typeof normal, b: typeof normal]> = {
  add: [tf.add, normal, normal],
  sub: [tf.sub, normal, normal],
  multiply: [tf.mul, normal, normal],
  'real-div': [tf.div, normal, positive],
  pow: [tf.pow, positive, normal],
  maximum: [tf.maximum, (...shape) => apart(0.7, ...shape), () => float32([], [0.02])],
  minimum: [tf.minimum, (...shape) => apart(0.7, ...shape), () => float32([], [0.02])],
};
for (const [file, [op, a, b]] of Object.entries(BINARY)) {
  for (const [left, right] of BROADCASTS)
    add(file, `[${left.join()}] [${right.join()}]`, { a: a(...left), b: b(...right) }, (inputs) => op(inputs['a']!, inputs['b']!));
}
for (const [file, op] of [
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
] as const) {
  // Two halves of one spread: no element of a is near one of b.
  const pool = floats(apart(0.7, 12));
  const inputs = { a: float32([2, 3], pool.slice(0, 6)), b: float32([2, 1, 3], pool.slice(6)) };
  add(file, '[2,3] [2,1,3]', inputs, ({ a, b }) => op(a!, b!));
  const ties = { a: float32([4], [1, 2, 3, 4]), b: float32([4], [1, 0, 5, 4]) };
  add(file, 'ties, values only', ties, ({ a, b }) => op(a!, b!), []);
  add(file, 'i32', { a: int32([3], [1, -2, 3]), b: int32([3], [2, -3, 3]) }, ({ a, b }) => op(a!, b!));
}
for (const [file, op] of [
  ['add', tf.add],
  ['sub', tf.sub],
  ['multiply', tf.mul],
] as const)
  add(file, 'i32', { a: integers(9, 2, 3), b: integers(9, 3) }, ({ a, b }) => op(a!, b!));
add('add', 'of zeros and multiplication by one', { x: normal(2, 3) }, ({ x }) => tf.mul(tf.add(tf.zeros([2, 3]), x!), tf.ones([2, 1])));
add('add-n', 'three tensors', { a: normal(2, 3), b: normal(2, 3), c: normal(2, 3) }, ({ a, b, c }) => tf.addN([a!, b!, c!]));

for (const [name, op] of Object.entries({
  equal: tf.equal,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
})) {
  add('comparison', `${name} f32`, { a: float32([2, 2], [1, 2, 3, 4]), b: float32([2], [1, 3]) }, ({ a, b }) => op(a!, b!), []);
  add('comparison', `${name} i32`, { a: integers(3, 2, 4), b: integers(3, 4) }, ({ a, b }) => op(a!, b!), []);
}
add('comparison', 'logical', { a: integers(2, 4), b: int32([4], [0, 1, 0, 1]) }, ({ a, b }) => {
  const [p, q] = [tf.greater(a!, 0), tf.greater(b!, 0)];
  return [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalNot(p)];
});

for (const keepDims of [true, false]) {
  for (const [title, axis] of Object.entries({ all: undefined, last: -1, first: 0, 'first and last': [0, -1], 'of length 1': 1 })) {
    const reduce = (op: (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor) => (inputs: Record<string, tf.Tensor>) =>
      op(inputs['x']!, axis, keepDims);
    const name = `axis ${title}, ${keepDims ? 'kept' : 'dropped'}`;
    add('sum', name, { x: normal(2, 1, 3) }, reduce(tf.sum));
    add('mean', name, { x: normal(2, 1, 3) }, reduce(tf.mean));
    add('max', name, { x: apart(0.7, 2, 1, 3) }, reduce(tf.max));
    add('min', name, { x: apart(0.7, 2, 1, 3) }, reduce(tf.min));
  }
}
add('sum', 'i32', { x: integers(9, 2, 3) }, ({ x }) => tf.sum(x!, -1));
add('sum', 'bool', { x: integers(3, 2, 3) }, ({ x }) => tf.sum(tf.greater(x!, 0), -1));
add('mean', 'i32', { x: int32([2, 2], [1, 2, 3, 5]) }, ({ x }) => tf.mean(x!, -1));
add('max', 'i32', { x: integers(9, 2, 3) }, ({ x }) => tf.max(x!, -1));
add('min', 'i32', { x: integers(9, 2, 3) }, ({ x }) => tf.min(x!, 0));
add('max', 'ties, values only', { x: float32([2, 3], [1, 1, 0, 2, 2, 2]) }, ({ x }) => tf.max(x!, -1), []);
for (const axis of [0, 1, -1]) add('arg-max', `axis ${axis}`, { x: apart(0.7, 4, 3, 5) }, ({ x }) => tf.argMax(x!, axis), []);
add('arg-max', 'ties', { x: float32([2, 3], [1, 1, 0, 2, 3, 3]) }, ({ x }) => tf.argMax(x!, -1), []);

add('tile', 'broadcastTo, leading and inner axes', { x: normal(1, 3) }, ({ x }) => tf.broadcastTo(x!, [2, 4, 3]));
add('tile', 'broadcastTo, scalar', { x: normal() }, ({ x }) => tf.broadcastTo(x!, [2, 2]));
for (const axis of [0, 1, -1])
  add('concat', `axis ${axis}`, { a: normal(2, 1, 3), b: normal(2, 1, 3) }, ({ a, b }) => tf.concat([a!, b!], axis));
add('concat', 'unequal lengths and a repeated tensor', { a: normal(2, 1), b: normal(2, 4) }, ({ a, b }) => tf.concat([a!, b!, a!], 1));
add('concat', 'i32', { a: integers(9, 2), b: integers(9, 3) }, ({ a, b }) => tf.concat([a!, b!], 0));
const { fill: uniform } = tf;
add(
  'creation',
  'fill, zeros and ones',
  { x: normal(2, 3) },
  ({ x }) => [uniform([2, 2], 2.5), tf.zerosLike(x!), tf.onesLike(x!), uniform([40, 3], -1.5)],
  [],
);
add('creation', 'i32', { x: integers(9, 2) }, ({ x }) => [tf.zerosLike(x!), tf.onesLike(x!), tf.zeros([2], 'int32')]);
add('gather', 'rows, 1-D index with repeats', { x: normal(4, 3), indices: int32([3], [3, 0, 3]) }, ({ x, indices }) =>
  tf.gather(x!, indices as tf.Tensor1D),
);
add('gather', 'rows, 2-D index', { x: normal(4, 3), indices: int32([2, 2], [3, 0, 1, 1]) }, ({ x, indices }) =>
  tf.gather(x!, indices as tf.Tensor2D),
);
for (const axis of [1, -1])
  add(
    'gather',
    `axis ${axis}, values only`,
    { x: normal(2, 4), indices: int32([3], [3, 0, 3]) },
    ({ x, indices }) => tf.gather(x!, indices as tf.Tensor1D, axis),
    [],
  );
add('gather', 'of i32', { x: integers(9, 4), indices: int32([3], [3, 0, 3]) }, ({ x, indices }) => tf.gather(x!, indices as tf.Tensor1D));
add('identity', 'clone', { x: normal(2, 3) }, ({ x }) => tf.clone(x!));
add('identity', 'cast f32 to i32 rounds towards zero', { x: float32([4], [-1.7, -0.2, 0.9, 2.5]) }, ({ x }) => tf.cast(x!, 'int32'), []);
add('identity', 'cast i32 to f32', { x: integers(9, 2, 2) }, ({ x }) => tf.cast(x!, 'float32'));
add('identity', 'cast bool to f32 and i32', { x: integers(3, 5) }, ({ x }) => [
  tf.cast(tf.greater(x!, 0), 'float32'),
  tf.cast(tf.greater(x!, 0), 'int32'),
]);
add('log-softmax', 'last axis', { x: normal(2, 1, 5) }, ({ x }) => logSoftmax(x!));
add('log-softmax', 'as tfjs composes it', { x: normal(2, 5) }, ({ x }) => tf.logSoftmax(x!));
add('log-softmax', 'large logits', { x: float32([1, 3], [300, -300, 299]) }, ({ x }) => logSoftmax(x!), []);
for (const dim of [-1, 2]) add('softmax', `axis ${dim}`, { x: normal(2, 3, 4) }, ({ x }) => tf.softmax(x!, dim));
add('softmax', 'one element', { x: normal(3, 1) }, ({ x }) => tf.softmax(x!));
add('one-hot', 'f32', { indices: int32([2, 2], [0, 2, 1, 1]) }, ({ indices }) => tf.oneHot(indices as tf.Tensor1D, 3, 1, 0, 'float32'));
add('one-hot', 'cast, with other values', { indices: int32([3], [0, 2, 1]) }, ({ indices }) =>
  tf.cast(tf.oneHot(indices as tf.Tensor1D, 4, 2, -1), 'float32'),
);
const PADDINGS: [number, number][] = [
  [1, 0],
  [0, 2],
];
add('pad', 'with zeros', { x: normal(2, 3) }, ({ x }) => tf.pad(x!, PADDINGS));
add('pad', 'with a value', { x: normal(2, 3) }, ({ x }) => tf.pad(x!, PADDINGS, 1.5));
add('pad', 'by nothing', { x: normal(2) }, ({ x }) => tf.pad(x!, [[0, 0]]));
add('reshape', 'with -1', { x: normal(2, 3, 2) }, ({ x }) => tf.reshape(tf.reshape(x!, [4, -1]), [-1]));
for (const axis of [0, 1, -1]) add('reshape', `expandDims ${axis}`, { x: normal(2, 3) }, ({ x }) => tf.expandDims(x!, axis));
add('select', 'equal shapes', { a: normal(2, 3), b: normal(2, 3) }, ({ a, b }) =>
  tf.where(tf.tensor([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), a!, b!),
);
add('select', 'broadcast', { condition: integers(2, 2, 1), a: normal(3), b: normal() }, ({ condition, a, b }) =>
  tf.where(tf.greater(condition!, 0), a!, b!),
);
add('slice', 'a box', { x: normal(3, 4, 2) }, ({ x }) => tf.slice(x!, [1, 0, 1], [2, 3, 1]));
add('slice', 'to the end', { x: normal(3, 4) }, ({ x }) => tf.slice(x!, [1, 2], [-1, -1]));
add('slice', 'begin and size of the first axis only', { x: normal(3, 4) }, ({ x }) => tf.slice(x!, 1, 2));
add('slice', 'of nothing less than all', { x: normal(3, 1) }, ({ x }) => tf.slice(x!, [0, 0], [3, 1]));
for (const axis of [1, -1]) add('split', `equal parts, axis ${axis}`, { x: normal(2, 6) }, ({ x }) => tf.split(x!, 3, axis), []);
add('split', 'sizes', { x: normal(4, 1) }, ({ x }) => tf.split(x!, [1, 3], 0), []);
add('tile', 'both axes', { x: normal(2, 3) }, ({ x }) => tf.tile(x!, [2, 3]));
add('tile', 'length 1', { x: normal(1, 3) }, ({ x }) => tf.tile(x!, [4, 1]));
for (const permutation of [
  [2, 0, 1],
  [0, 2, 1],
  [1, 0, 2],
])
  add('transpose', permutation.join(), { x: normal(2, 1, 3) }, ({ x }) => tf.transpose(x!, permutation));
add('transpose', 'twice', { x: normal(2, 3, 4) }, ({ x }) => tf.transpose(tf.transpose(x!, [2, 0, 1]), [1, 0, 2]));
add('unsorted-segment-sum', 'repeated and empty segments', { x: normal(4, 3), ids: int32([4], [2, 0, 2, 4]) }, ({ x, ids }) =>
  tf.unsortedSegmentSum(x!, ids as tf.Tensor1D, 5),
);

for (const [transposeA, transposeB] of [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const) {
  const inputs = (...batch: number[]) => ({
    a: normal(...batch, ...(transposeA ? [4, 3] : [3, 4])),
    b: normal(...batch, ...(transposeB ? [5, 4] : [4, 5])),
  });
  const name = `${transposeA ? 'a^T' : 'a'} ${transposeB ? 'b^T' : 'b'}`;
  for (const batch of [[], [2], [2, 1]])
    add('batch-mat-mul', `${name}, batch [${batch.join()}]`, inputs(...batch), ({ a, b }) => tf.matMul(a!, b!, transposeA, transposeB));
  add('scaled-mat-mul', name, inputs(2), ({ a, b }) => scaledMatMul(a!, b!, { transposeA, transposeB, alpha: -0.5 }), []);
}
add('batch-mat-mul', 'times a scalar', { a: normal(3, 4), b: normal(4, 5) }, ({ a, b }) => tf.mul(tf.matMul(a!, b!), 0.25));
add('batch-mat-mul', 'vectors', { a: normal(1, 4), b: normal(4, 1) }, ({ a, b }) => tf.matMul(a!, b!));

for (const [heads, groups] of [
  [4, 4],
  [4, 2],
  [3, 1],
] as const) {
  const qkv = (length: number, keys: number) => ({
    query: normal(2, heads, length, 4),
    key: normal(2, groups, keys, 4),
    value: normal(2, groups, keys, 4),
  });
  const mask = float32([2, 1, 1, 1, 5], [0, 0, 0, 0, -1e9, 0, 0, 0, -1e9, -1e9]);
  const body: KernelCase['body'] = (t) => attention(t['query']!, t['key']!, t['value']!, t['mask']!, 0.5);
  add('attention', `${heads} heads, ${groups} groups`, { ...qkv(3, 5), mask }, body, ['query', 'key', 'value']);
  add('attention', `${heads} heads, ${groups} groups, one query`, { ...qkv(1, 5), mask }, body, ['query', 'key', 'value']);
  const capped: KernelCase['body'] = (t) => attention(t['query']!, t['key']!, t['value']!, t['mask']!, 0.5, 0.7);
  add('attention', `${heads} heads, ${groups} groups, capped scores`, { ...qkv(3, 5), mask }, capped, ['query', 'key', 'value']);
}
const crossEntropy = (rows: number, hidden: number, vocabulary: number) => ({
  hidden: normal(rows, hidden),
  weight: normal(vocabulary, hidden),
  targets: integers(vocabulary, rows),
});
const nll: KernelCase['body'] = (t) => linearCrossEntropy(t['hidden']!, t['weight']!, t['targets']!);
add('linear-cross-entropy', 'one row', crossEntropy(1, 3, 7), nll);
add('linear-cross-entropy', 'some rows', crossEntropy(6, 3, 5), nll);
add('linear-cross-entropy', 'two chunks of rows', crossEntropy(1027, 2, 3), nll);
const cappedNll: KernelCase['body'] = (t) => linearCrossEntropy(t['hidden']!, t['weight']!, t['targets']!, 1.5);
add('linear-cross-entropy', 'capped logits', crossEntropy(6, 3, 5), cappedNll);
add('linear-cross-entropy', 'capped logits, two chunks of rows', crossEntropy(1027, 2, 3), cappedNll);
const long = crossEntropy(2, 128, 33_003);
add('linear-cross-entropy', 'pieces of a long output embedding', long, nll);
add('linear-cross-entropy', 'capped logits, pieces of a long output embedding', long, cappedNll);
const lora: KernelCase['body'] = (t) => loraLinear(t['x']!, t['weight']!, { a: t['a']!, b: t['b']! }, 2);
add('lora-linear', 'shared factors', { x: normal(6, 4), weight: normal(5, 4), a: normal(2, 4), b: normal(5, 2) }, lora);
add('lora-linear', 'rank 1, one row', { x: normal(1, 4), weight: normal(5, 4), a: normal(1, 4), b: normal(5, 1) }, lora);
add('lora-linear', 'row-wise factors', { x: normal(6, 4), weight: normal(5, 4), a: normal(3, 2, 4), b: normal(3, 5, 2) }, lora);
add('lora-linear', 'row-wise, batch of one', { x: normal(3, 4), weight: normal(5, 4), a: normal(1, 2, 4), b: normal(1, 5, 2) }, lora);
for (const shape of [[4], [3, 4], [2, 3, 4], [2, 1]])
  add('rms-norm', `[${shape.join()}]`, { x: normal(...shape), weight: normal(shape.at(-1)!) }, ({ x, weight }) =>
    rmsNorm(x!, weight!, 1e-5),
  );
for (const shape of [[4], [3, 4], [2, 3, 4]])
  add(
    'layer-norm',
    `[${shape.join()}]`,
    { x: normal(...shape), weight: normal(shape.at(-1)!), bias: normal(shape.at(-1)!) },
    ({ x, weight, bias }) => layerNorm(x!, weight!, bias!, 1e-5),
  );
const angles = Array.from({ length: 12 }, (_, i) => Math.floor(i / 2) * 10 ** -(i % 2));
for (const [title, positions] of Object.entries({ 'in order': [0, 1, 2, 0, 1, 2], shifted: [3, 4, 5, 0, 5, 1] }))
  add(
    'rotary',
    title,
    {
      x: normal(2, 3, 3, 4),
      positions: int32([2, 3], positions),
      cos: float32([6, 2], angles.map(Math.cos)),
      sin: float32([6, 2], angles.map(Math.sin)),
    },
    (t) => rotary(t['x']!, t['positions']!, { cos: t['cos']!, sin: t['sin']! }),
    ['x'],
  );
add(
  'rotary',
  'of a part of each head',
  {
    x: normal(2, 3, 3, 6),
    positions: int32([2, 3], [3, 4, 5, 0, 5, 1]),
    cos: float32([6, 2], angles.map(Math.cos)),
    sin: float32([6, 2], angles.map(Math.sin)),
  },
  (t) => rotary(t['x']!, t['positions']!, { cos: t['cos']!, sin: t['sin']! }),
  ['x'],
);
add('geglu', '[3,4]', { gate: normal(3, 4), up: normal(3, 4) }, ({ gate, up }) => geGlu(gate!, up!));
add('geglu', 'scalar', { gate: normal(), up: normal() }, ({ gate, up }) => geGlu(gate!, up!));
add('swiglu', '[3,4]', { gate: normal(3, 4), up: normal(3, 4) }, ({ gate, up }) => swiGlu(gate!, up!));
add('swiglu', 'scalar', { gate: normal(), up: normal() }, ({ gate, up }) => swiGlu(gate!, up!));

/** Every kernel file's programs, in both passes where it has a gradient. */
export const KERNEL_CASES: readonly KernelCase[] = cases;
