import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@pharmacist/core';
import { type HostTensor, type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import type { KernelCase } from './kernel-cases.ts';

/** The gradient that arrives at the first output: fixed normal numbers for each shape. */
export function upstreamOf(shape: readonly number[]): Float32Array {
  const random = new Random('upstream');
  return Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, () => random.normal());
}

/** Outputs y0, y1, … and, by sum(y0 * upstream), the gradients grad.<name>. */
export function programOf({ body, trained }: Pick<KernelCase, 'body' | 'trained'>): Program {
  const forward = (inputs: Readonly<Record<string, tf.Tensor>>) => {
    const result = body(inputs);
    return Array.isArray(result) ? result : [result];
  };
  const named = (outputs: tf.Tensor[]) =>
    Object.fromEntries(outputs.map((y, i) => [`y${i}`, y.dtype === 'bool' ? tf.cast(y, 'int32') : y]));
  if (trained.length === 0) return (inputs) => named(forward(inputs));
  return (inputs) => {
    const { gradients, extras } = valueAndGradients(Object.fromEntries(trained.map((name) => [name, inputs[name]!])), (leaves) => {
      const outputs = forward({ ...inputs, ...leaves });
      const [first] = outputs;
      return { loss: tf.sum(tf.mul(first!, tf.tensor(upstreamOf(first!.shape), first!.shape))), extras: named(outputs) };
    });
    return { ...extras, ...Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [`grad.${name}`, gradient])) };
  };
}

/** sum(y * upstream) in f64. */
export function lossOf(y: HostTensor): number {
  const upstream = upstreamOf(y.shape);
  return Array.from(y.data).reduce((sum, value, i) => sum + value * upstream[i]!, 0);
}

type Run = (inputs: Readonly<Record<string, HostTensor>>) => Promise<Record<string, HostTensor>>;

/**
 * Compares the gradients of a program with central differences of its own forward pass along one random direction (Richardson: the
 * error falls with the fourth power of the step).
 * @returns the derivative by both ways, and the norm of the gradient times that of the direction.
 */
export async function directionalDerivative(
  run: Run,
  inputs: Readonly<Record<string, HostTensor>>,
  trained: readonly string[],
  step = 0.02,
): Promise<{ analytic: number; numeric: number; scale: number }> {
  const random = new Random('direction');
  const direction = new Map(trained.map((name) => [name, inputs[name]!.data.map(() => (random.uniform() < 0.5 ? -1 : 1))]));
  const results = await run(inputs);
  let analytic = 0;
  let squares = 0;
  let count = 0;
  for (const name of trained) {
    results[`grad.${name}`]!.data.forEach((gradient: number, i: number) => {
      analytic += gradient * direction.get(name)![i]!;
      squares += gradient * gradient;
      count++;
    });
  }
  const lossAt = async (distance: number) => {
    const moved = Object.fromEntries(
      trained.map((name) => {
        const { shape, data } = inputs[name]!;
        const to = direction.get(name)!;
        return [name, { shape, dtype: 'float32' as const, data: data.map((value, i) => value + distance * to[i]!) }];
      }),
    );
    return lossOf((await run({ ...inputs, ...moved }))['y0']!);
  };
  const central = async (h: number) => ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
  const numeric = (4 * (await central(step)) - (await central(2 * step))) / 3;
  return { analytic, numeric, scale: Math.sqrt(squares * count) };
}
