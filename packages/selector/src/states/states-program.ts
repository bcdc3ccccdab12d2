import * as tf from '@tensorflow/tfjs-core';
import { batchConstants, bindTensors, finalNorm, hiddenStates, type ModelConfig, outputLosses } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';
import type { StateLayer } from './state-layer.ts';

/** Name of the output that holds a layer's pooled states. */
export function statesOutput(layer: StateLayer): string {
  return `states ${layer}`;
}

/**
 * Of one forward pass: the pooled states of each layer f32 [B, P, D], averaged by the input `poolingShares` f32 [B, P, T], and, if asked for, the
 * negative log-likelihood of every target `tokenLosses` f32 [K], nats. What lies behind the last layer asked for is not computed.
 */
export function statesProgram(config: ModelConfig, layers: readonly StateLayer[], hasTokenLosses: boolean): Program {
  return (inputs) => {
    const tensors = bindTensors(config, inputs, 0);
    const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
    const { positions, attend } = batchConstants(config, inputs);
    const stream: tf.Tensor[] = [];
    const last = hiddenStates(tensors, inputs['inputIds']!, positions, attend, {
      hidden: (index, hidden) => {
        stream[index] = hidden;
        return hidden;
      },
    });
    const pooled = (layer: StateLayer) => {
      const hidden = layer === 'normed' ? finalNorm(tensors, last) : stream[layer]!;
      return tf.matMul(inputs['poolingShares']!, tf.reshape(hidden, [batchSize, length, config.hiddenSize]));
    };
    const tokenLosses = () => {
      const predicting = finalNorm(tensors, tf.gather(last, inputs['targetPositions'] as tf.Tensor1D));
      return outputLosses(tensors, predicting, inputs['targetIds']!);
    };
    return {
      ...Object.fromEntries(layers.map((layer) => [statesOutput(layer), pooled(layer)])),
      ...(hasTokenLosses && { tokenLosses: tokenLosses() }),
    };
  };
}
