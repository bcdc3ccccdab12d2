import { Random } from '@pharmacist/core';
import { float32, type HostTensor, type LoraFactors } from '@pharmacist/tensor-kernels';
import * as tf from '@tensorflow/tfjs-core';

/** The input of a program that makes it a pass with dropout: f32 [6]; a program that is run without it has none. */
export const DROPOUT_INPUT = 'lora dropout';

/** Turns of an angle over the range of its two factors: many, so that what is left of a whole turn is uniform. */
const TURNS = 500;

/**
 * The input for one pass, from which every module makes a mask of its own.
 * @param rate share that is left out, above 0 and below 1. @param random of this pass.
 */
export function dropoutInput(rate: number, random: Random): HostTensor {
  const speed = () => 100 + 900 * random.uniform();
  const keys = [speed(), speed(), random.uniform(), random.uniform()].map((value, i) => (i < 2 ? value : 2 * Math.PI * value));
  return float32([6], Float32Array.of(...keys, Math.cos(Math.PI * rate), 1 / (1 - rate)));
}

/**
 * The low-rank increment of one module with dropout on what reaches A, as PEFT's `lora_dropout`: scale ((x * mask) A^T) B^T, mask 0 with
 * the probability of the rate and 1 / (1 - rate) else. Nothing random has to be carried into the program: an entry's angle is the product of a
 * pseudo-random number of its row and one of its column, over many turns, and the share of all directions that the rate says is left out.
 * @param x f32 [N, in]. @param keys what `dropoutInput` made. @returns f32 [N, out].
 */
export function droppedIncrement(x: tf.Tensor, { a, b }: LoraFactors, scale: number, module: string, keys: tf.Tensor): tf.Tensor {
  const dropped = tf.mul(x, dropoutMask(x.shape as [number, number], module, keys));
  return tf.mul(tf.matMul(tf.matMul(dropped, a, false, true), b, false, true), scale);
}

/** f32 of this shape, by module and keys. */
export function dropoutMask([numRows, numColumns]: readonly [number, number], module: string, keys: tf.Tensor): tf.Tensor {
  const key = (index: number) => tf.slice(keys, [index], [1]);
  const rows = waves(new Random(module).split('rows'), [numRows, 1], key(0));
  const columns = waves(new Random(module).split('columns'), [1, numColumns], key(1));
  const turned = tf.mul(tf.mul(rows, columns), 2 * Math.PI * TURNS);
  const angles = tf.add(tf.add(turned, tf.mul(rows, key(2))), key(3));
  return tf.where(tf.greater(tf.cos(angles), key(4)), tf.zerosLike(turned), tf.add(tf.zerosLike(turned), key(5)));
}

/** cos(speed u) for fixed random u: other numbers at each speed. */
function waves(random: Random, shape: [number, number], speed: tf.Tensor): tf.Tensor {
  const fixed = Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform());
  return tf.cos(tf.mul(tf.tensor(fixed, shape), speed));
}
