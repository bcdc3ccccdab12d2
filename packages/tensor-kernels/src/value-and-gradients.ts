import * as tf from '@tensorflow/tfjs-core';
import { traceBackend } from './graph/trace-backend.ts';

export interface LossAndGradients {
  readonly loss: tf.Tensor;
  readonly gradients: Record<string, tf.Tensor>;
  /** What `forward` returned beside the loss. */
  readonly extras: Record<string, tf.Tensor>;
}

/**
 * Reverse-mode differentiation of a scalar loss by named tensors. Only what lies between a named tensor and the loss is differentiated:
 * everything captured by `forward` from outside is a constant to it.
 * @param trained the tensors to differentiate by. @param forward f32 scalar `loss`, and whatever else the program wants to return.
 */
export function valueAndGradients(
  trained: Readonly<Record<string, tf.Tensor>>,
  forward: (trained: Readonly<Record<string, tf.Tensor>>) => { loss: tf.Tensor; extras?: Record<string, tf.Tensor> },
): LossAndGradients {
  const names = Object.keys(trained);
  let extras: Record<string, tf.Tensor> = {};
  const graph = traceBackend.recording;
  const origin = graph?.origin;
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
    const result = forward(Object.fromEntries(names.map((name, i) => [name, tensors[i]!])));
    extras = Object.fromEntries(Object.entries(result.extras ?? {}).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));
    const loss = tf.reshape(result.loss, []) as tf.Scalar;
    if (graph !== undefined) graph.origin = { sweep: graph.newOrigin() };
    return loss;
  })(names.map((name) => trained[name]!));
  if (graph !== undefined) graph.origin = origin!;
  return { loss: value, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])), extras: release(extras) };
}

/** tf.valueAndGrads tidies away everything but its own results: extras are kept through it and handed back to the caller's tidy. */
function release(extras: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(extras).map(([name, tensor]) => {
      const tracked = tf.clone(tensor);
      tensor.dispose();
      return [name, tracked];
    }),
  );
}
