import * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';
import { rowGradients } from '../gradients/row-gradients.ts';
import { asRows, squaredNorms, sumOf, sumOfUnits } from '../gradients/row-vectors.ts';
import { adamStep } from './adam-step.ts';
import { project, type Projection } from './projection.ts';

/** What the programs are compiled for. */
export interface GradientSpace {
  readonly config: ModelConfig;
  readonly loraScale: number;
  readonly factors: readonly string[];
  /** Left out, gradients are compared as they are. */
  readonly projection: Projection | undefined;
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

export const firstMomentInput = (factor: string) => `first moment: ${factor}`;
export const secondMomentInput = (factor: string) => `second moment: ${factor}`;

/** Name of a part of the target: the whole of it behind a projection, else the part that belongs to one factor. */
export const targetPart = (part: number) => `target ${part}`;

/** A row's gradient, projected or not, as parts f32 [B, n]. */
function partsOf({ projection, factors }: GradientSpace, gradients: Tensors, inputs: Tensors): tf.Tensor[] {
  return projection === undefined ? factors.map((name) => asRows(gradients[name]!)) : [project(projection, gradients, inputs)];
}

/** The sum, over the rows of a batch, of the unit vector along each row's gradient. Outputs: its parts, f32 [n, 1] each. */
export function targetProgram(space: GradientSpace): Program {
  return (inputs) => {
    const { gradients } = rowGradients(space.config, space.loraScale, space.factors, inputs);
    return Object.fromEntries(sumOfUnits(partsOf(space, gradients, inputs)).map((part, i) => [targetPart(i), part]));
  };
}

/**
 * What each row of a batch (its Adam step, or its gradient) has in common with the target. Inputs: weights, factors, batch, projection, the
 * target's parts, and for `adam` the moments. Outputs f32 [B, 1]: `dot` = <x_i, target>, `squaredNorm` = |x_i|^2. Nothing else leaves it.
 */
export function rowProgram(space: GradientSpace, type: 'adam' | 'sgd'): Program {
  return (inputs) => {
    const { gradients } = rowGradients(space.config, space.loraScale, space.factors, inputs);
    const step = (name: string) =>
      type === 'sgd' ? gradients[name]! : adamStep(gradients[name]!, inputs[firstMomentInput(name)]!, inputs[secondMomentInput(name)]!);
    const parts = partsOf(space, Object.fromEntries(space.factors.map((name) => [name, step(name)])), inputs);
    return { dot: sumOf(parts.map((part, i) => tf.matMul(part, inputs[targetPart(i)]!))), squaredNorm: squaredNorms(parts) };
  };
}
