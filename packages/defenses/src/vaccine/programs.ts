import * as tf from '@tensorflow/tfjs-core';
import { bindTensors, gradientOutputs, type ModelConfig } from '@pharmacist/language-model';
import { type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import { adding, attentionGradients, type ByLayer, jointPerturbation, layerNorms } from './perturbation.ts';
import { type Tensors, weightedLoss, type WeightedLoss } from './weighted-loss.ts';

/** What a program of this file is made for. */
export interface PassOptions {
  readonly config: ModelConfig;
  /** alpha / rank. */
  readonly loraScale: number;
  /** Names of the factors whose gradients are formed. */
  readonly trained: readonly string[];
  /** The layers whose attention outputs are perturbed, ascending. */
  readonly layers: readonly number[];
}

/** Name of the input that holds the noise of a layer, f32 [B * T, D]. */
export function noiseInput(layer: number): string {
  return `noise ${layer}`;
}

/**
 * Both passes of Vaccine in one graph. The perturbation is made outside of what the second pass differentiates: a constant there.
 *
 * Inputs: weights, all factors, batch, and `rho` f32 []. Outputs: `loss` (perturbed) and its gradient by each trained factor, `plainLoss`,
 * `attentionGradientNorm` |G| and `perturbationNorm` |eps|, each f32 [].
 */
export function vaccineProgram({ config, loraScale, trained, layers }: PassOptions): Program {
  return (inputs) => {
    const loss = weightedLoss(config, inputs);
    const shape = inputs['inputIds']!.shape as [number, number];
    const plain = attentionGradients(loss, bindTensors(config, inputs, loraScale), layers, shape);
    const { perturbation, gradientNorm, norm } = jointPerturbation(plain.gradients, inputs['rho']!);
    return {
      ...perturbedPass({ config, loraScale, trained }, inputs, loss, perturbation),
      plainLoss: plain.loss,
      attentionGradientNorm: gradientNorm,
      perturbationNorm: norm,
    };
  };
}

/** One pass with the noise of `noiseInput` added. Outputs: `loss` and its gradient by each trained factor. */
export function noisyProgram({ config, loraScale, trained, layers }: PassOptions): Program {
  return (inputs) => {
    const noise = new Map(layers.map((layer) => [layer, inputs[noiseInput(layer)]!]));
    return perturbedPass({ config, loraScale, trained }, inputs, weightedLoss(config, inputs), noise);
  };
}

/** Output `norms` f32 [L']: the norm of the loss gradient by the attention output of each of `layers`. */
export function layerNormProgram({ config, loraScale, layers }: Omit<PassOptions, 'trained'>): Program {
  return (inputs) => {
    const shape = inputs['inputIds']!.shape as [number, number];
    const { gradients } = attentionGradients(weightedLoss(config, inputs), bindTensors(config, inputs, loraScale), layers, shape);
    const norms = layerNorms(gradients);
    return { norms: tf.concat(layers.map((layer) => tf.reshape(norms.get(layer)!, [1]))) };
  };
}

function perturbedPass(
  { config, loraScale, trained }: Omit<PassOptions, 'layers'>,
  inputs: Tensors,
  loss: WeightedLoss,
  perturbation: ByLayer,
): Record<string, tf.Tensor> {
  const perturbed = valueAndGradients(Object.fromEntries(trained.map((name) => [name, inputs[name]!])), (factors) => ({
    loss: loss(bindTensors(config, { ...inputs, ...factors }, loraScale), adding(perturbation)),
  }));
  return { loss: perturbed.loss, ...gradientOutputs(perturbed.gradients) };
}
