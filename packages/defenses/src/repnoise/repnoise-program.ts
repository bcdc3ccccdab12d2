import * as tf from '@tensorflow/tfjs-core';
import {
  attendWithin,
  bindTensors,
  finalNorm,
  type ForwardHooks,
  gradientOutputs,
  hiddenStates,
  type ModelConfig,
  type ModelTensors,
  MASKED_SCORE,
  outputLosses,
  outputLossesWithGradient,
  plainPositions,
} from '@pharmacist/language-model';
import { type EngineInput, float32, type InputType, int32, type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import type { MaskedPairs, MaskedSide } from './masked-pairs.ts';
import { maximumMeanDiscrepancy } from './mmd.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;
type Inputs = Record<string, EngineInput>;
type Side = 'harmful' | 'harmless';

export interface RepNoiseWeights {
  /** Of the ascent on the harmful rows. */
  readonly alpha: number;
  /** Of the noise term. */
  readonly beta: number;
}

/**
 * The inputs of a step that are not the model's. What only terms of a weight of 0 read is left out.
 * @param noise f32 [B * T, D] of each layer, 0 where the harmful mask is; empty if beta is 0.
 */
export function repNoiseInputs(
  pairs: MaskedPairs,
  noise: readonly Float32Array[],
  { hiddenSize, vocabSize }: ModelConfig,
  { alpha, beta }: RepNoiseWeights,
): Inputs {
  const { batchSize, sequenceLength, numRows, harmful, harmless } = pairs;
  const inputs = sideInputs('harmless', harmless, pairs, vocabSize);
  if (alpha !== 0 || beta !== 0) Object.assign(inputs, sideInputs('harmful', harmful, pairs, vocabSize));
  if (beta === 0) return inputs;
  inputs['harmful.mask'] = float32([batchSize * sequenceLength, 1], harmful.mask);
  inputs['isRow'] = float32([batchSize], new Float32Array(batchSize).fill(1, 0, numRows));
  noise.forEach((values, layer) => (inputs[noiseInput(layer)] = float32([batchSize * sequenceLength, hiddenSize], values)));
  return inputs;
}

/** The types of the inputs of a step in which all tokens of both sides differ. */
export function repNoiseInputTypes(
  config: ModelConfig,
  { batchSize, maxLength }: { batchSize: number; maxLength: number },
  weights: RepNoiseWeights,
): Record<string, InputType> {
  const numTokens = batchSize * maxLength;
  const differing = () => new Float32Array(numTokens).fill(1);
  const targets = { positions: new Int32Array(numTokens), ids: new Int32Array(numTokens), weights: differing(), uniformShare: 0 };
  const side: MaskedSide = { inputIds: new Int32Array(numTokens), attentionMask: differing(), mask: differing(), targets };
  const pairs = { batchSize, sequenceLength: maxLength, numRows: batchSize, harmful: side, harmless: side };
  const noise = new Float32Array(numTokens * config.hiddenSize);
  const inputs = repNoiseInputs(
    pairs,
    Array.from({ length: weights.beta === 0 ? 0 : config.numLayers }, () => noise),
    config,
    weights,
  );
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}

/**
 * Forward and joint backward pass of
 *   L = L_harmless + beta L_noise - alpha log(1 + L_adv)
 * with the terms of repnoise.ts; one of weight 0 is not computed.
 *
 * Outputs: `loss` and the gradient of it by each trained input; `harmlessLoss`; `adversarialLoss` and `adversarialTerms` f32 [L + 2] (the
 * model's own logits, then the residual streams); `noiseLoss` and `layerNoise` f32 [L].
 */
export function repNoiseProgram(config: ModelConfig, loraScale: number, trained: readonly string[], weights: RepNoiseWeights): Program {
  return (inputs) => {
    const { loss, gradients, extras } = valueAndGradients(
      Object.fromEntries(trained.map((name) => [name, inputs[name]!])),
      (parameters) => {
        const tensors = bindTensors(config, { ...inputs, ...parameters }, loraScale);
        const harmless = harmlessTerm(tensors, inputs);
        const harmful = harmfulTerms(tensors, inputs, weights);
        return { loss: tf.addN([harmless, ...harmful.terms]), extras: { harmlessLoss: harmless, ...harmful.extras } };
      },
    );
    return { loss, ...extras, ...gradientOutputs(gradients) };
  };
}

/** CE_m of the model's own logits on the harmless rows. */
function harmlessTerm(tensors: ModelTensors, inputs: Tensors): tf.Tensor {
  const hidden = tf.gather(residualStream(tensors, inputs, 'harmless'), inputs['harmless.positions'] as tf.Tensor1D);
  return maskedCrossEntropy(tensors, finalNorm(tensors, hidden), inputs, 'harmless');
}

/** The weighted terms on the harmful rows, and their parts. */
function harmfulTerms(
  tensors: ModelTensors,
  inputs: Tensors,
  { alpha, beta }: RepNoiseWeights,
): { terms: tf.Tensor[]; extras: Record<string, tf.Tensor> } {
  if (alpha === 0 && beta === 0) return { terms: [], extras: {} };
  const terms: tf.Tensor[] = [];
  const extras: Record<string, tf.Tensor> = {};
  const states: tf.Tensor[] = [];
  const mlpOutputs: tf.Tensor[] = [];
  residualStream(tensors, inputs, 'harmful', {
    hidden: (index, hidden) => (states[index] = hidden),
    mlpOutput: (layer, output) => (mlpOutputs[layer] = output),
  });
  if (alpha !== 0) {
    const adversarialTerms = layerwiseCrossEntropies(tensors, states, inputs);
    // L + 2 terms over L + 1, the model's own logits being counted beside the L + 1 states: so the authors' code.
    const adversarial = tf.div(tf.addN(adversarialTerms), adversarialTerms.length - 1);
    terms.push(tf.mul(tf.log(tf.add(adversarial, 1)), -alpha));
    extras['adversarialLoss'] = adversarial;
    extras['adversarialTerms'] = asVector(adversarialTerms);
  }
  if (beta !== 0) {
    const layerNoise = mlpOutputs.map((output, layer) => noiseTerm(output, inputs[noiseInput(layer)]!, inputs));
    const noise = tf.div(tf.addN(layerNoise), layerNoise.length);
    terms.push(tf.mul(noise, beta));
    extras['noiseLoss'] = noise;
    extras['layerNoise'] = asVector(layerNoise);
  }
  return { terms, extras };
}

/**
 * CE_m of the model's own logits and of the output embedding on every normed residual stream, embeddings included. What Hugging Face
 * returns as the last one is normed already, so that it is normed twice.
 */
function layerwiseCrossEntropies(tensors: ModelTensors, states: readonly tf.Tensor[], inputs: Tensors): tf.Tensor[] {
  const normed = states.map((state) => finalNorm(tensors, tf.gather(state, inputs['harmful.positions'] as tf.Tensor1D)));
  const last = normed.at(-1)!;
  const [embeddings, ...blocks] = normed.slice(0, -1);
  const ofState = (state: tf.Tensor) => maskedCrossEntropy(tensors, state, inputs, 'harmful');
  const ofEmbeddings = maskedCrossEntropy(tensors, embeddings!, inputs, 'harmful', lossSum); // frozen: no gradient to make at once
  return [ofState(last), ofEmbeddings, ...[...blocks, finalNorm(tensors, last)].map(ofState)];
}

/** MMD between the masked outputs of a layer's MLP, each row flattened, and noise of the same form. */
function noiseTerm(output: tf.Tensor, noise: tf.Tensor, inputs: Tensors): tf.Tensor {
  const batchSize = inputs['isRow']!.shape[0]!;
  const flat = (x: tf.Tensor) => tf.reshape(x, [batchSize, x.size / batchSize]);
  return maximumMeanDiscrepancy(flat(tf.mul(output, inputs['harmful.mask']!)), flat(noise), inputs['isRow']!);
}

/** @param normed f32 [K, D], what the output embedding reads at the side's positions. @returns f32 scalar, nats. */
function maskedCrossEntropy(
  tensors: ModelTensors,
  normed: tf.Tensor,
  inputs: Tensors,
  side: Side,
  sum: LossSum = lossSumAtOnce,
): tf.Tensor {
  const losses = sum(tensors, normed, inputs[`${side}.ids`]!, inputs[`${side}.weights`]!);
  return tf.add(losses, inputs[`${side}.uniformLoss`]!);
}

/** Weighted sum of the losses of K positions, f32 []. @param weights f32 [K]. */
type LossSum = (tensors: ModelTensors, normed: tf.Tensor, ids: tf.Tensor, weights: tf.Tensor) => tf.Tensor;

const lossSum: LossSum = (tensors, normed, ids, weights) => tf.sum(tf.mul(outputLosses(tensors, normed, ids), weights));

/**
 * The same with the gradient made together with the loss: the sum waits for it by adding none of it. So each evaluation of the embedding
 * is over, its [K, V] logits gone, before the next begins; the losses alone would keep those of all layers until the backward pass.
 */
const lossSumAtOnce: LossSum = (tensors, normed, ids, weights) =>
  tf.customGrad((x, save) => {
    const { losses, gradients } = outputLossesWithGradient(tensors, x as tf.Tensor, ids);
    const weighted = tf.mul(gradients, tf.reshape(weights, [weights.size, 1]));
    (save as tf.GradSaveFunc)([weighted]);
    const value = tf.add(tf.sum(tf.mul(losses, weights)), tf.mul(tf.sum(weighted), 0));
    return { value, gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved!, dy) };
  })(normed);

/** f32 [B * T, D] before the final norm. Padding attends to the tokens of its row, as under an attention mask in Hugging Face. */
function residualStream(tensors: ModelTensors, inputs: Tensors, side: Side, hooks?: ForwardHooks): tf.Tensor {
  const inputIds = inputs[`${side}.inputIds`]!;
  const [batchSize, length] = inputIds.shape as [number, number];
  const padding = tf.mul(tf.sub(1, inputs[`${side}.attentionMask`]!), MASKED_SCORE);
  const attend = attendWithin(tensors.config, length, tf.reshape(padding, [batchSize, 1, 1, 1, length]));
  return hiddenStates(tensors, inputIds, plainPositions(batchSize, length), attend, hooks);
}

function sideInputs(side: Side, { inputIds, attentionMask, targets }: MaskedSide, pairs: MaskedPairs, vocabSize: number): Inputs {
  const { batchSize, sequenceLength } = pairs;
  const numTargets = targets.ids.length;
  return {
    [`${side}.inputIds`]: int32([batchSize, sequenceLength], inputIds),
    [`${side}.attentionMask`]: float32([batchSize, sequenceLength], attentionMask),
    [`${side}.positions`]: int32([numTargets], targets.positions),
    [`${side}.ids`]: int32([numTargets], targets.ids),
    [`${side}.weights`]: float32([numTargets], targets.weights),
    [`${side}.uniformLoss`]: float32([], Float32Array.of(targets.uniformShare * Math.log(vocabSize))),
  };
}

function asVector(scalars: readonly tf.Tensor[]): tf.Tensor {
  return tf.concat(scalars.map((scalar) => tf.reshape(scalar, [1])));
}

function noiseInput(layer: number): string {
  return `noise.${layer}`;
}
