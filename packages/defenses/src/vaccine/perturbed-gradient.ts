import {
  type AdapterProgram,
  adapterTensors,
  type Batch,
  batchInputs,
  type LanguageModel,
  type LoraAdapter,
  type StepGradients,
  tokenMeanWeights,
} from '@pharmacist/language-model';
import { type EngineInput, float32, floats, type HostTensor } from '@pharmacist/tensor-kernels';
import type { PassOptions } from './programs.ts';

/** What the passes of a step run on. */
export interface PassTarget {
  readonly model: LanguageModel;
  readonly adapter: LoraAdapter;
}

/** Loss and gradient under a perturbation, as a step returns them. */
export interface PerturbedGradient extends StepGradients {
  readonly loss: number;
  readonly facts: Readonly<Record<string, number>>;
}

/** Passes over all layers that train every factor, where `parts` does not say otherwise. */
export function passOptions({ model, adapter }: PassTarget, parts: Partial<Pick<PassOptions, 'trained' | 'layers'>> = {}): PassOptions {
  return {
    config: model.config,
    loraScale: adapter.scale,
    trained: parts.trained ?? Object.keys(adapterTensors(adapter)),
    layers: parts.layers ?? Array.from({ length: model.config.numLayers }, (_, layer) => layer),
  };
}

/** Tells programs of one model apart. */
export function passKey({ loraScale, trained, layers }: PassOptions): string {
  return `${loraScale} ${layers.join()} ${trained.join()}`;
}

/** The token-mean inputs of a pass beside the factors. */
export function passInputs({ model }: Pick<PassTarget, 'model'>, batch: Batch): Record<string, EngineInput> {
  return { ...model.inputs, ...batchInputs(batch, tokenMeanWeights(batch)) };
}

/** One step of a `vaccineProgram`: facts are the plain loss (nats a token) and the joint norms of G and of eps. */
export async function vaccineGradient(program: AdapterProgram, target: PassTarget, batch: Batch, rho: number): Promise<PerturbedGradient> {
  const inputs = { ...passInputs(target, batch), rho: float32([], Float32Array.of(rho)) };
  const { outputs, ...gradients } = await program.run(target.adapter, inputs);
  return {
    loss: scalar(outputs['loss']!),
    ...gradients,
    facts: {
      plainLoss: scalar(outputs['plainLoss']!),
      attentionGradientNorm: scalar(outputs['attentionGradientNorm']!),
      perturbationNorm: scalar(outputs['perturbationNorm']!),
    },
  };
}

export function scalar(tensor: HostTensor): number {
  return floats(tensor)[0]!;
}
