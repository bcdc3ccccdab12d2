import { float32, type HostTensor } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { Rope } from '../families/model-family.ts';

/** Angle a position turns each pair of dimensions by: f64 [rotaryDim / 2], theta^(-2i/rotaryDim), stretched as the configuration says. */
export function rotaryFrequencies({ rotaryDim, ropeTheta, ropeScaling }: Rope & Pick<ModelConfig, 'rotaryDim'>): Float64Array {
  const frequencies = Float64Array.from({ length: rotaryDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / rotaryDim));
  if (ropeScaling === undefined) return frequencies;
  if (ropeScaling.type === 'linear') return frequencies.map((frequency) => frequency / ropeScaling.factor);
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = ropeScaling;
  // Llama 3: long waves are stretched by the factor, short ones kept, those between interpolated (transformers modeling_rope_utils).
  return frequencies.map((frequency) => {
    const waveLength = (2 * Math.PI) / frequency;
    if (waveLength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
    if (waveLength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
    const smooth = (originalMaxPositionEmbeddings / waveLength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

/** Names under which the rotary tables enter a program, beside the weights. */
export function rotaryNames(kind: 'main' | 'local'): { cos: string; sin: string } {
  const prefix = kind === 'main' ? 'rotary' : `rotary.${kind}`;
  return { cos: `${prefix}.cos`, sin: `${prefix}.sin` };
}

/** Cosines and sines for positions 0 .. numPositions - 1, f32 [numPositions, rotaryDim / 2] each, of every table that the model reads. */
export function rotaryTables(config: ModelConfig, numPositions: number): Record<string, HostTensor> {
  const { localRope } = config;
  const main = tablesOf(rotaryFrequencies(config), numPositions);
  const names = rotaryNames('main');
  const tables = { [names.cos]: main.cos, [names.sin]: main.sin };
  if (localRope === undefined) return tables;
  const local = tablesOf(rotaryFrequencies({ ...localRope, rotaryDim: config.rotaryDim }), numPositions);
  const localNames = rotaryNames('local');
  return { ...tables, [localNames.cos]: local.cos, [localNames.sin]: local.sin };
}

function tablesOf(frequencies: Float64Array, numPositions: number): { cos: HostTensor; sin: HostTensor } {
  const shape = [numPositions, frequencies.length];
  const cos = float32(shape);
  const sin = float32(shape);
  for (let position = 0; position < numPositions; position++) {
    frequencies.forEach((frequency, i) => {
      cos.data[position * frequencies.length + i] = Math.cos(position * frequency);
      sin.data[position * frequencies.length + i] = Math.sin(position * frequency);
    });
  }
  return { cos, sin };
}
