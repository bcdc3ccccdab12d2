import * as tf from '@tensorflow/tfjs-core';
import { Random } from '@pharmacist/core';
import { float32, type HostTensor, int32, type Shape, sizeOf } from '@pharmacist/tensor-kernels';
import { asRows } from '../gradients/row-vectors.ts';

/** Factors that are projected together: their entries in one row, each placed once. */
interface Group {
  readonly factors: readonly string[];
  /** i32 [m * dim]: which entry stands at each place. f32 [m * dim]: its sign, 0 at a place that stays empty. Place p adds to p mod dim. */
  readonly places: HostTensor;
  readonly signs: HostTensor;
}

/**
 * A random projection of LoRA gradients to `dim` numbers by a sparse matrix of signs: each column (a parameter) has one entry, +1 or -1 at
 * random, in a random row, the rows being filled evenly.
 *
 * The reference multiplies by a dense matrix of signs, d * dim products a row for d parameters: with the tiny model and dim 8192 three times
 * the work of the gradient itself (measured), by a matrix of a billion signs. This one costs d. An inner product of projections is unbiased
 * in both, with the same variance, (|x|^2 |y|^2 + <x, y>^2 - 2 sum x_i^2 y_i^2) / dim (Weinberger et al., arXiv 0902.2206, lemma 2; a little
 * less here, since even rows collide less often), so that a cosine near 0 is off by about 1 / sqrt(dim): .011 at 8192, .031 at 1024.
 */
export interface Projection {
  readonly dim: number;
  readonly groups: readonly Group[];
}

/** Entries of a group at least, in multiples of `dim`: few places stay empty, and a large gradient is never copied as a whole. */
const GROUP_FILLS = 8;

/** @param shapes those of the factors, without the batch, in the adapter's order. @param seed names the draw; no run has a part in it. */
export function createProjection(shapes: Readonly<Record<string, Shape>>, dim: number, seed: number): Projection {
  const random = new Random(seed).split('less', 'projection', dim);
  const groups: Group[] = [];
  let factors: string[] = [];
  let size = 0;
  const names = Object.keys(shapes);
  for (const name of names) {
    factors.push(name);
    size += sizeOf(shapes[name]!);
    if (size < GROUP_FILLS * dim && name !== names.at(-1)) continue;
    groups.push(drawGroup(factors, size, dim, random.split(groups.length)));
    [factors, size] = [[], 0];
  }
  return { dim, groups };
}

function drawGroup(factors: readonly string[], size: number, dim: number, random: Random): Group {
  const numPlaces = Math.ceil(size / dim) * dim;
  const numFull = Math.floor(size / dim) * dim;
  const lastRows = random.split('rows').permutation(dim);
  const drawn = random.split('signs');
  const places = new Int32Array(numPlaces);
  const signs = new Float32Array(numPlaces);
  for (const [i, entry] of random.split('places').permutation(size).entries()) {
    const place = i < numFull ? i : numFull + lastRows[i - numFull]!;
    places[place] = entry;
    signs[place] = drawn.uint32() >>> 31 === 0 ? 1 : -1;
  }
  return { factors, places: int32([numPlaces], places), signs: float32([numPlaces], signs) };
}

/** What `project` reads beside the gradients, as inputs of a program. */
export function projectionInputs({ groups }: Projection): Record<string, HostTensor> {
  return Object.fromEntries(
    groups.flatMap(({ places, signs }, g) => [
      [`projection places ${g}`, places],
      [`projection signs ${g}`, signs],
    ]),
  );
}

/** Inside a program: projections f32 [B, dim] of gradients f32 [B, ...]. */
export function project(
  { dim, groups }: Projection,
  gradients: Readonly<Record<string, tf.Tensor>>,
  inputs: Readonly<Record<string, tf.Tensor>>,
): tf.Tensor {
  const parts = groups.map(({ factors }, g) => {
    const rows = factors.map((name) => asRows(gradients[name]!));
    const entries = rows.length === 1 ? rows[0]! : tf.concat(rows, 1);
    const placed = tf.mul(tf.gather(entries, inputs[`projection places ${g}`] as tf.Tensor1D, 1), inputs[`projection signs ${g}`]!);
    return tf.sum(tf.reshape(placed, [placed.shape[0]!, placed.shape[1]! / dim, dim]), 1);
  });
  return parts.reduce((sum, part) => tf.add(sum, part));
}
