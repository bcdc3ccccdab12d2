import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '@pharmacist/core';
import { defineKernel } from './kernel.ts';
import { scaledMatMul } from './scaled-mat-mul.ts';

/**
 * Scaled dot-product attention (Vaswani et al. 2017, eq. 1) with grouped key and value heads (Ainslie et al. 2023).
 *
 *   P = softmax(scale Q K^T + mask),  O = P V
 *   dV = P^T dO,  dS = P (dO V^T - rowsum(dO O)),  dQ = scale dS K,  dK = scale dS^T Q
 *
 * A cap c (Gemma 2, arXiv 2408.00118, section 2) bounds the scores before the mask: S = c t, t = tanh(scale Q K^T / c), and dS is multiplied
 * by 1 - t^2.
 *
 * The H / G query heads of one group are folded into the time axis ([B, G, H/G T, D], a reshape without a copy), so that grouped heads
 * need no repeated keys and their gradients add up inside the product.
 */
const kernel = defineKernel<{ scale: number; softCap: number }>({
  name: 'Attention',
  lower: (graph, { query, key, value, mask }, { scale, softCap }) => {
    const { folded, scores } = shapesOf(query!.shape, key!.shape);
    const alpha = softCap === 0 ? scale : scale / softCap;
    const product = graph.matMul(graph.reshape(query!, folded), key!, { transposeB: true, alpha });
    const tanh = softCap === 0 ? undefined : graph.unary('Tanh', product);
    const bounded = tanh === undefined ? product : graph.binary('Mul', tanh, graph.fill(softCap, [], 'float32'));
    const masked = graph.binary('Add', graph.reshape(bounded, scores), mask!);
    const weights = graph.one('Softmax', [masked], { axis: { int: -1 } }, scores, 'float32');
    const flat = graph.reshape(weights, product.shape);
    const output = graph.reshape(graph.matMul(flat, value!), query!.shape);
    return tanh === undefined ? [output, flat] : [output, flat, tanh];
  },
  compose: ({ query, key, value, mask }, { scale, softCap }) => {
    const { folded, scores } = shapesOf(query!.shape, key!.shape);
    const product = tf.mul(tf.matMul(tf.reshape(query!, folded), key!, false, true), softCap === 0 ? scale : scale / softCap);
    const tanh = softCap === 0 ? undefined : tf.tanh(product);
    const bounded = tanh === undefined ? product : tf.mul(tanh, softCap);
    const weights = tf.reshape(tf.softmax(tf.add(tf.reshape(bounded, scores), mask!)), product.shape);
    const output = tf.reshape(tf.matMul(weights, value!), query!.shape);
    return tanh === undefined ? [output, weights] : [output, weights, tanh];
  },
  gradient: {
    saveInputs: ['query', 'key', 'value'],
    saveOutputs: [true, true, true],
    compute: (dy, [query, key, value, output, weights, tanh], { scale }) => {
      const { folded } = shapesOf(query!.shape, key!.shape);
      const dOutput = tf.reshape(dy, folded);
      const dScores = () => {
        const dWeights = tf.matMul(dOutput, value!, false, true);
        const rowSums = tf.sum(tf.mul(dOutput, tf.reshape(output!, folded)), -1, true);
        const dBounded = tf.mul(weights!, tf.sub(dWeights, rowSums));
        return tanh === undefined ? dBounded : tf.mul(dBounded, tf.sub(1, tf.square(tanh)));
      };
      return {
        query: () => tf.reshape(scaledMatMul(dScores(), key!, { alpha: scale }), query!.shape),
        key: () => scaledMatMul(dScores(), tf.reshape(query!, folded), { transposeA: true, alpha: scale }),
        value: () => tf.matMul(weights!, dOutput, true, false),
      };
    },
  },
});

function shapesOf(query: readonly number[], key: readonly number[]): { folded: [number, number, number, number]; scores: number[] } {
  const [batch, heads, length, size] = query as [number, number, number, number];
  const groups = key[1]!;
  const repeats = heads / groups;
  if (!Number.isInteger(repeats)) throw new ShapeError(`${heads} query heads cannot share ${groups} key heads`);
  return { folded: [batch, groups, repeats * length, size], scores: [batch, groups, repeats, length, key[2]!] };
}

/**
 * @param query f32 [B, H, T, D]. @param key f32 [B, G, S, D], H a multiple of G. @param value f32 [B, G, S, D].
 * @param mask f32 that broadcasts to [B, G, H/G, T, S], added to the scores (0 or a large negative number); it gets no gradient.
 * @param scale factor on the scores, 1/sqrt(D) by custom. @param softCap bound on the scores; 0: none. @returns f32 [B, H, T, D].
 */
export function attention(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, mask: tf.Tensor, scale: number, softCap = 0): tf.Tensor {
  return kernel.run({ query, key, value, mask }, { scale, softCap })[0]!;
}
