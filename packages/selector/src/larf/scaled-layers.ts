import * as tf from '@tensorflow/tfjs-core';
import { bindTensors, type ForwardHooks, type LlamaConfig, type LlamaTensors, rowLosses } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';

const LAYER_WEIGHT = /^model\.layers\.(\d+)\..*(norm\.weight|proj\.bias)$/;

/**
 * The model with all weights of layer l, those of its norms included, times the l-th of `scales` f32 [L]. No weight matrix is touched: a matrix that
 * reads a norm is scaled with the norm's own weights, and one that does not (o_proj, down_proj) by its output.
 */
function scaledLayers(tensors: LlamaTensors, scales: tf.Tensor): { tensors: LlamaTensors; hooks: ForwardHooks } {
  const scale = (layer: number) => tf.slice(scales, [layer], [1]);
  const scaled = (layer: number, output: tf.Tensor) => tf.mul(output, scale(layer));
  const weight = (name: string) => {
    const [, layer, part] = LAYER_WEIGHT.exec(name) ?? [];
    if (layer === undefined) return tensors.weight(name);
    const once = scaled(Number(layer), tensors.weight(name));
    return part === 'norm.weight' ? scaled(Number(layer), once) : once;
  };
  return { tensors: { ...tensors, weight }, hooks: { attentionOutput: scaled, mlpOutput: scaled } };
}

/** Forward only, with the input `layerScales` f32 [L]. Output `rowLosses` f32 [B], sums over targets, nats. */
export function scaledLossProgram(config: LlamaConfig): Program {
  return (inputs) => {
    const { tensors, hooks } = scaledLayers(bindTensors(config, inputs, 0), inputs['layerScales']!);
    return { rowLosses: rowLosses(tensors, inputs, hooks) };
  };
}
