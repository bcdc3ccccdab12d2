import * as tf from '@tensorflow/tfjs-core';
import type { ForwardHooks, ModelTensors } from '@pharmacist/language-model';
import { valueAndGradients } from '@pharmacist/tensor-kernels';
import type { WeightedLoss } from './weighted-loss.ts';

/** Added to the joint norm before dividing by it, as in the authors' code: a zero gradient perturbs nothing. */
const NORM_EPSILON = 1e-7;

/** Tensors f32 [B * T, D] of attention outputs, by layer. */
export type ByLayer = ReadonlyMap<number, tf.Tensor>;

/**
 * Gradient of the loss by the attention output a_l of each of `layers`, through everything above it. It is the gradient by a zero tensor
 * added there, so nothing below the lowest of the layers is differentiated, and no factor's gradient is formed.
 */
export function attentionGradients(
  loss: WeightedLoss,
  tensors: ModelTensors,
  layers: readonly number[],
  [batchSize, length]: readonly [number, number],
): { loss: tf.Tensor; gradients: ByLayer } {
  const shape: [number, number] = [batchSize * length, tensors.config.hiddenSize];
  const zeros = Object.fromEntries(layers.map((layer) => [String(layer), tf.zeros(shape)]));
  const { loss: value, gradients } = valueAndGradients(zeros, (added) => ({
    loss: loss(tensors, adding(new Map(layers.map((layer) => [layer, added[layer]!])))),
  }));
  return { loss: value, gradients: new Map(layers.map((layer) => [layer, gradients[layer]!])) };
}

/** Frobenius norm of each tensor, f32 [] by layer. */
export function layerNorms(tensors: ByLayer): Map<number, tf.Tensor> {
  return new Map([...tensors].map(([layer, tensor]) => [layer, tf.sqrt(tf.sum(tf.square(tensor)))]));
}

/** One norm over all layers, rows and positions, f32 []. */
function jointNorm(tensors: ByLayer): tf.Tensor {
  return tf.sqrt([...tensors.values()].map((tensor) => tf.sum(tf.square(tensor))).reduce((sum, square) => tf.add(sum, square)));
}

/** eps_l = rho G_l / (|G| + 1e-7) with the joint norm |G|; `norm` is that of eps. @param rho f32 []. */
export function jointPerturbation(gradients: ByLayer, rho: tf.Tensor): { perturbation: ByLayer; gradientNorm: tf.Tensor; norm: tf.Tensor } {
  const gradientNorm = jointNorm(gradients);
  const scale = tf.div(rho, tf.add(gradientNorm, NORM_EPSILON));
  return {
    perturbation: new Map([...gradients].map(([layer, gradient]) => [layer, tf.mul(gradient, scale)])),
    gradientNorm,
    norm: tf.mul(gradientNorm, scale),
  };
}

/** Hooks that add a tensor to the attention output of each of its layers. */
export function adding(perturbation: ByLayer): ForwardHooks {
  return {
    attentionOutput: (layer, output) => {
      const added = perturbation.get(layer);
      return added === undefined ? output : tf.add(output, added);
    },
  };
}
