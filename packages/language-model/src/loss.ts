import * as tf from '@tensorflow/tfjs-core';
import { type EngineInput, float32, int32, type LoraFactors, type Program, valueAndGradients } from '@pharmacist/tensor-kernels';
import type { Batch } from './collate.ts';
import type { ModelConfig } from './config.ts';
import { type Attend, attendWithin, plainPositions } from './decoder/attend.ts';
import { type ForwardHooks, hiddenStates } from './decoder/forward.ts';
import { finalNorm } from './decoder/norm.ts';
import { outputLosses } from './decoder/output.ts';
import { DROPOUT_INPUT } from './decoder/lora-dropout.ts';
import { rotaryNames } from './decoder/rotary-tables.ts';
import type { ModelTensors } from './decoder/tensors.ts';
import { beneathNames, factorNames } from './lora.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** Prefix of the outputs that hold gradients. */
export const GRADIENT_PREFIX = 'gradient:';

/** Binds the inputs of a program to the places where the model reads them. Factors not among the inputs mean: no LoRA there; `isLong` as in ModelTensors. */
export function bindTensors(config: ModelConfig, inputs: Tensors, loraScale: number, isLong?: boolean): ModelTensors {
  return {
    config,
    loraScale,
    isLong,
    dropoutKeys: inputs[DROPOUT_INPUT],
    rotary: (kind) => {
      const names = rotaryNames(kind);
      const [coarseCos, coarseSin] = [inputs[names.coarseCos], inputs[names.coarseSin]];
      const coarse = coarseCos === undefined || coarseSin === undefined ? undefined : { cos: coarseCos, sin: coarseSin };
      return { cos: inputs[names.cos]!, sin: inputs[names.sin]!, coarse };
    },
    weight: (name) => inputs[name]!,
    lora: (module) => factorsOf(inputs, factorNames(module)),
    beneath: (module) => factorsOf(inputs, beneathNames(module)),
  };
}

function factorsOf(inputs: Tensors, names: { a: string; b: string }): LoraFactors | undefined {
  const [a, b] = [inputs[names.a], inputs[names.b]];
  return a === undefined || b === undefined ? undefined : { a, b };
}

/** The inputs of a program that belong to a batch; `rowWeights` f32 [B] multiplies each row's summed loss. */
export function batchInputs(batch: Batch, rowWeights: Float32Array): Record<string, EngineInput> {
  const numTargets = batch.targetIds.length;
  return {
    inputIds: int32([batch.batchSize, batch.sequenceLength], batch.inputIds),
    targetPositions: int32([numTargets], batch.targetPositions),
    targetIds: int32([numTargets], batch.targetIds),
    targetWeights: float32([numTargets], batch.targetWeights),
    targetRows: int32([numTargets], batch.targetRows),
    rowWeights: float32([batch.batchSize], rowWeights),
  };
}

/** Row weights that make the weighted sum of row losses the mean over all targets of the batch, the loss of the Hugging Face Trainer. */
export function tokenMeanWeights(batch: Batch): Float32Array {
  return new Float32Array(batch.batchSize).fill(1 / batch.numTargets, 0, batch.numRows);
}

/** Row weights that make it the mean over rows of each row's mean; empty rows count nothing. */
export function rowMeanWeights(batch: Batch): Float32Array {
  const numRows = batch.rowTargetCounts.reduce((count, targets) => count + (targets > 0 ? 1 : 0), 0);
  return batch.rowTargetCounts.map((targets) => (targets > 0 ? 1 / (targets * numRows) : 0));
}

/**
 * Positions and mask of a batch. A program of several passes makes them once: passes that begin alike are then recognised as the same
 * computation, and what they have in common runs once.
 */
export function batchConstants(config: ModelConfig, inputs: Tensors): { positions: tf.Tensor; attend: Attend } {
  const [batchSize, length] = inputs['inputIds']!.shape as [number, number];
  return { positions: plainPositions(batchSize, length), attend: attendWithin(config, length) };
}

/** Sum of the negative log-likelihoods of each row's targets, f32 [B], nats. The output embedding is read at target positions only. */
export function rowLosses(
  tensors: ModelTensors,
  inputs: Tensors,
  hooks?: ForwardHooks,
  { positions, attend } = batchConstants(tensors.config, inputs),
): tf.Tensor {
  const batchSize = inputs['inputIds']!.shape[0]!;
  const hidden = hiddenStates(tensors, inputs['inputIds']!, positions, attend, hooks);
  const predicting = finalNorm(tensors, tf.gather(hidden, inputs['targetPositions'] as tf.Tensor1D));
  const losses = tf.mul(outputLosses(tensors, predicting, inputs['targetIds']!), inputs['targetWeights']!);
  return tf.unsortedSegmentSum(losses, inputs['targetRows'] as tf.Tensor1D, batchSize);
}

/** Forward only. Output `rowLosses` f32 [B], sums over targets. */
export function lossProgram(config: ModelConfig, loraScale: number): Program {
  return (inputs) => ({ rowLosses: rowLosses(bindTensors(config, inputs, loraScale), inputs) });
}

/** Forward and backward. Outputs `loss` = sum of rowWeights * rowLosses, `rowLosses`, and the gradient of `loss` by each trained input. */
export function gradientProgram(config: ModelConfig, loraScale: number, trained: readonly string[]): Program {
  return (inputs) => {
    const { loss, gradients, extras } = valueAndGradients(
      Object.fromEntries(trained.map((name) => [name, inputs[name]!])),
      (parameters) => {
        const losses = rowLosses(bindTensors(config, { ...inputs, ...parameters }, loraScale), inputs);
        return { loss: tf.sum(tf.mul(losses, inputs['rowWeights']!)), extras: { rowLosses: losses } };
      },
    );
    return { loss, ...extras, ...gradientOutputs(gradients) };
  };
}

/** Gradients by trained name as outputs of a program; `gradientsOf` reads them back. */
export function gradientOutputs(gradients: Tensors): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [GRADIENT_PREFIX + name, gradient]));
}

/** The gradients among the outputs of a gradient program, by trained name. */
export function gradientsOf(outputs: Readonly<Record<string, { data: Float32Array | Int32Array }>>): Map<string, Float32Array> {
  return new Map(
    Object.entries(outputs).flatMap(([name, { data }]) =>
      name.startsWith(GRADIENT_PREFIX) && data instanceof Float32Array ? [[name.slice(GRADIENT_PREFIX.length), data] as const] : [],
    ),
  );
}
