import * as tf from '@tensorflow/tfjs-core';
import { linearCrossEntropy, linearCrossEntropyWithGradient } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { ModelTensors } from './tensors.ts';

/** Output embedding, f32 [V, D]. */
export function outputEmbedding({ config, weight }: ModelTensors): tf.Tensor {
  return weight(config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight');
}

/** Logits of normed hidden states: f32 [N, D] to [N, V]. */
export function outputLogits(tensors: ModelTensors, normed: tf.Tensor): tf.Tensor {
  return finishLogits(tensors.config, tf.matMul(normed, outputEmbedding(tensors), false, true));
}

/** Logits from the products of hidden states with the output embedding, f32 of any shape: scaled, and capped at c tanh(z / c). */
export function finishLogits({ logitScale, logitCap }: Pick<ModelConfig, 'logitScale' | 'logitCap'>, products: tf.Tensor): tf.Tensor {
  if (logitCap !== undefined) return tf.mul(tf.tanh(tf.mul(products, logitScale / logitCap)), logitCap);
  return logitScale === 1 ? products : tf.mul(products, logitScale);
}

/**
 * Negative log-likelihood of targets, f32 [N], nats.
 * @param normed f32 [N, D], hidden states after the final norm. @param targets i32 [N].
 */
export function outputLosses(tensors: ModelTensors, normed: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const { logitCap } = tensors.config;
  return linearCrossEntropy(scaled(tensors, normed), outputEmbedding(tensors), targets, logitCap);
}

/** The same with the gradient of each loss by its own normed hidden state, f32 [N, D]; neither result is differentiated further. */
export function outputLossesWithGradient(
  tensors: ModelTensors,
  normed: tf.Tensor,
  targets: tf.Tensor,
): { losses: tf.Tensor; gradients: tf.Tensor } {
  const { logitCap } = tensors.config;
  const { losses, gradients } = linearCrossEntropyWithGradient(scaled(tensors, normed), outputEmbedding(tensors), targets, logitCap);
  return { losses, gradients: scaled(tensors, gradients) };
}

/** A factor on the logits is one on what the output embedding reads. */
function scaled({ config }: ModelTensors, x: tf.Tensor): tf.Tensor {
  return config.logitScale === 1 ? x : tf.mul(x, config.logitScale);
}
