import * as tf from '@tensorflow/tfjs-core';
import { bindTensors, type ForwardHooks, type ModelConfig, type ModelTensors, rowLosses } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';

/** A weight of a layer that is no projection's matrix. */
const LAYER_VECTOR = /^model\.layers\.(\d+)\.(?!.*_proj\.weight$)/;

/**
 * The model with all weights of layer l, those of its norms included, times the l-th of `scales` f32 [L]. No weight matrix is touched: what a
 * projection returns is scaled instead.
 */
function scaledLayers(tensors: ModelTensors, scales: tf.Tensor): { tensors: ModelTensors; hooks: ForwardHooks } {
  const scale = (layer: number) => tf.slice(scales, [layer], [1]);
  const scaled = (layer: number, output: tf.Tensor) => tf.mul(output, scale(layer));
  const weight = (name: string) => {
    const layer = LAYER_VECTOR.exec(name)?.[1];
    return layer === undefined ? tensors.weight(name) : scaled(Number(layer), tensors.weight(name));
  };
  return { tensors: { ...tensors, weight }, hooks: { projection: scaled } };
}

/** Forward only, with the input `layerScales` f32 [L]. Output `rowLosses` f32 [B], sums over targets, nats. */
export function scaledLossProgram(config: ModelConfig): Program {
  return (inputs) => {
    const { tensors, hooks } = scaledLayers(bindTensors(config, inputs, 0), inputs['layerScales']!);
    return { rowLosses: rowLosses(tensors, inputs, hooks) };
  };
}
