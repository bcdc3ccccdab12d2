import { float32, type HostTensor } from '@pharmacist/tensor-kernels';
import type { LlamaConfig } from '../config.ts';

/** Angle a position turns each pair of a head by: f64 [headDim / 2], theta^(-2i/headDim), stretched as the configuration says. */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: LlamaConfig): Float64Array {
  const frequencies = Float64Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
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

/** Cosines and sines for positions 0 .. numPositions - 1, f32 [numPositions, headDim / 2] each. */
export function rotaryTables(config: LlamaConfig, numPositions: number): { cos: HostTensor; sin: HostTensor } {
  const frequencies = rotaryFrequencies(config);
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
