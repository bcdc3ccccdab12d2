import * as tf from '@tensorflow/tfjs-core';
import { bindTensors, gradientOutputs, type ModelConfig } from '@pharmacist/language-model';
import { type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import { type Tensors, weightedLoss } from '../vaccine/weighted-loss.ts';

/** Added to the norm of a gradient before dividing by it, as in the authors' code: a zero gradient moves nothing. */
const NORM_EPSILON = 1e-7;

export interface HarmfulStep {
  /** lambda (grad h(w) - grad h(w')) by name. */
  readonly regulariser: Tensors;
  /** h(w) and h(w'), f32 [] each. */
  readonly lossBefore: tf.Tensor;
  readonly lossAfter: tf.Tensor;
  /** |grad h(w)| over all parameters together, f32 []. */
  readonly gradientNorm: tf.Tensor;
}

/** Parameters moved by `distance` against the direction of a gradient: w - distance * g / (|g| + 1e-7). @param distance f32 []. */
export function normalisedStep(parameters: Tensors, gradients: Tensors, distance: tf.Tensor): { moved: Tensors; norm: tf.Tensor } {
  const norm = tf.sqrt(tf.addN(Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)))));
  const scale = tf.div(distance, tf.add(norm, NORM_EPSILON));
  const moved = Object.entries(parameters).map(([name, values]) => [name, tf.sub(values, tf.mul(scale, gradients[name]!))]);
  return { moved: Object.fromEntries(moved) as Tensors, norm };
}

/**
 * What Booster adds to the alignment gradient (arXiv 2409.01586, eq. 3 and algorithm 1), the second-order terms dropped:
 *   lambda (grad h(w) - grad h(w')),   w' = w - alpha grad h(w) / |grad h(w)|
 * w' is a constant to the second gradient. @param loss h, f32 []. @param lambda f32 []. @param alpha f32 [].
 */
export function harmfulStep(
  loss: (parameters: Tensors) => tf.Tensor,
  parameters: Tensors,
  { lambda, alpha }: Readonly<Record<'lambda' | 'alpha', tf.Tensor>>,
): HarmfulStep {
  const gradientAt = (point: Tensors) => valueAndGradients(point, (tensors) => ({ loss: loss(tensors) }));
  const before = gradientAt(parameters);
  const { moved, norm } = normalisedStep(parameters, before.gradients, alpha);
  const after = gradientAt(moved);
  const regulariser = Object.entries(before.gradients).map(([name, gradient]) => [
    name,
    tf.mul(lambda, tf.sub(gradient, after.gradients[name]!)),
  ]);
  return {
    regulariser: Object.fromEntries(regulariser) as Tensors,
    lossBefore: before.loss,
    lossAfter: after.loss,
    gradientNorm: norm,
  };
}

/**
 * Both harmful gradients in one graph, of one batch shape: as much memory as one of them, since the second needs the whole of the first.
 *
 * Inputs: weights, all factors, the harmful batch, `lambda` and `alpha`, f32 [] each. Outputs: the regulariser as gradients by the factors
 * named `trained`, and `harmfulLoss`, `harmfulLossAfter` (nats a token) and `harmfulGradientNorm`, f32 [] each.
 */
export function harmfulStepProgram(config: ModelConfig, loraScale: number, trained: readonly string[]): Program {
  return (inputs) => {
    const loss = weightedLoss(config, inputs);
    const factors = Object.fromEntries(trained.map((name) => [name, inputs[name]!]));
    const { regulariser, lossBefore, lossAfter, gradientNorm } = harmfulStep(
      (moved) => loss(bindTensors(config, { ...inputs, ...moved }, loraScale)),
      factors,
      { lambda: inputs['lambda']!, alpha: inputs['alpha']! },
    );
    return {
      ...gradientOutputs(regulariser),
      harmfulLoss: lossBefore,
      harmfulLossAfter: lossAfter,
      harmfulGradientNorm: gradientNorm,
    };
  };
}
