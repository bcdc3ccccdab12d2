import * as tf from '@tensorflow/tfjs-core';

export interface AdamStepOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/**
 * The direction in which Adam with the moments m, v would move on a gradient g, as the code of LESS has it:
 *   Gamma = m' / sqrt(v' + epsilon),  m' = beta1 m + (1 - beta1) g,  v' = beta2 v + (1 - beta2) g^2
 * epsilon inside the root and no bias correction, unlike Adam itself and the paper (section 3.1). With betas of 0 it tends to the sign of g.
 * @param gradient f32 [B, ...]. @param firstMoment, secondMoment f32 [...], those of training: a row's step does not change them.
 */
export function adamStep(
  gradient: tf.Tensor,
  firstMoment: tf.Tensor,
  secondMoment: tf.Tensor,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamStepOptions = {},
): tf.Tensor {
  const first = tf.add(tf.mul(gradient, 1 - beta1), tf.expandDims(tf.mul(firstMoment, beta1), 0));
  const second = tf.add(tf.mul(tf.square(gradient), 1 - beta2), tf.expandDims(tf.add(tf.mul(secondMoment, beta2), epsilon), 0));
  return tf.div(first, tf.sqrt(second));
}
