import { float32, type HostTensor, type Shape } from '@pharmacist/tensor-kernels';
import type { ModelConfig } from '../config.ts';
import type { Rope, RopeScaling } from '../families/model-family.ts';

/** The tables of angles that a model may have: its own, those of layers with a window, and its own for sequences beyond the original length. */
export type RotaryKind = 'main' | 'local' | 'long';

/**
 * Angle a position turns each pair of dimensions by: f64 [rotaryDim / 2], theta^(-2i/rotaryDim), stretched as the configuration says.
 * @param isLong for sequences beyond the original length, where that makes a difference.
 */
export function rotaryFrequencies(
  { rotaryDim, ropeTheta, ropeScaling }: Rope & Pick<ModelConfig, 'rotaryDim'>,
  isLong = false,
): Float64Array {
  const frequencies = Float64Array.from({ length: rotaryDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / rotaryDim));
  switch (ropeScaling?.type) {
    case undefined:
    // Beyond the original length they follow from the length: see dynamic-angles.ts.
    case 'dynamic':
      return frequencies;
    case 'linear':
      return frequencies.map((frequency) => frequency / ropeScaling.factor);
    case 'longrope':
      return frequencies.map((frequency, i) => frequency / (isLong ? ropeScaling.longFactors : ropeScaling.shortFactors)[i]!);
    case 'yarn':
      return yarnFrequencies(frequencies, ropeTheta, ropeScaling);
    case 'llama3':
      return llama3Frequencies(frequencies, ropeScaling);
  }
}

/** Llama 3: long waves are stretched by the factor, short ones kept, those between interpolated (transformers modeling_rope_utils). */
function llama3Frequencies(
  frequencies: Float64Array,
  { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings }: Extract<RopeScaling, { type: 'llama3' }>,
): Float64Array {
  return frequencies.map((frequency) => {
    const waveLength = (2 * Math.PI) / frequency;
    if (waveLength < originalMaxPositionEmbeddings / highFreqFactor) return frequency;
    if (waveLength > originalMaxPositionEmbeddings / lowFreqFactor) return frequency / factor;
    const smooth = (originalMaxPositionEmbeddings / waveLength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

/** YaRN (Peng et al. 2023, arXiv 2309.00071, section 3.2): the same idea with a ramp over the index of the pair. */
function yarnFrequencies(
  frequencies: Float64Array,
  theta: number,
  { factor, betaFast, betaSlow, isTruncated, originalMaxPositionEmbeddings: length }: Extract<RopeScaling, { type: 'yarn' }>,
): Float64Array {
  const size = 2 * frequencies.length;
  const indexOf = (turns: number) => (size * Math.log(length / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const round = (value: number, way: (x: number) => number) => (isTruncated ? way(value) : value);
  const low = Math.max(round(indexOf(betaFast), Math.floor), 0);
  const high = Math.min(round(indexOf(betaSlow), Math.ceil), size - 1);
  const width = high === low ? 0.001 : high - low;
  return frequencies.map((frequency, i) => {
    const ramp = Math.min(1, Math.max(0, (i - low) / width));
    return frequency * (1 - ramp) + (frequency / factor) * ramp;
  });
}

/**
 * Rows of a table. Positions beyond have a second table with a row for every so many of them, and the two angles are added: a row for each of
 * Gemma 3's 131,072 positions would be 268 MB.
 */
export const TABLE_ROWS = 4096;

/** Names under which the rotary tables enter a program, beside the weights. */
export function rotaryNames(kind: RotaryKind): { cos: string; sin: string; coarseCos: string; coarseSin: string } {
  const prefix = kind === 'main' ? 'rotary' : `rotary.${kind}`;
  return { cos: `${prefix}.cos`, sin: `${prefix}.sin`, coarseCos: `${prefix}.coarse.cos`, coarseSin: `${prefix}.coarse.sin` };
}

/**
 * Cosines and sines for positions 0 .. numPositions - 1 of every table that the model reads, f32 [min(numPositions, TABLE_ROWS), rotaryDim / 2]
 * each, and beyond TABLE_ROWS those of its multiples.
 */
export function rotaryTables(config: ModelConfig, numPositions: number): Record<string, HostTensor> {
  const { rotaryDim } = config;
  const { numFine, numCoarse } = rowsOf(numPositions);
  const tables: Record<string, HostTensor> = {};
  for (const { kind, rope } of ropesOf(config)) {
    const names = rotaryNames(kind);
    const frequencies = rotaryFrequencies({ ...rope, rotaryDim }, kind === 'long');
    const fine = tablesOf(frequencies, { numRows: numFine, step: 1, factor: attentionFactor(rope) });
    tables[names.cos] = fine.cos;
    tables[names.sin] = fine.sin;
    if (numCoarse === 0) continue;
    const coarse = tablesOf(frequencies, { numRows: numCoarse, step: TABLE_ROWS, factor: 1 });
    tables[names.coarseCos] = coarse.cos;
    tables[names.coarseSin] = coarse.sin;
  }
  return tables;
}

/** The shapes of `rotaryTables`, without making them. */
export function rotaryShapes(config: ModelConfig, numPositions: number): Map<string, Shape> {
  const { numFine, numCoarse } = rowsOf(numPositions);
  const columns = config.rotaryDim / 2;
  return new Map(
    ropesOf(config).flatMap(({ kind }) => {
      const { cos, sin, coarseCos, coarseSin } = rotaryNames(kind);
      const fine = [cos, sin].map((name): [string, Shape] => [name, [numFine, columns]]);
      const coarse = [coarseCos, coarseSin].map((name): [string, Shape] => [name, [numCoarse, columns]]);
      return numCoarse === 0 ? fine : [...fine, ...coarse];
    }),
  );
}

function rowsOf(numPositions: number): { numFine: number; numCoarse: number } {
  return {
    numFine: Math.min(numPositions, TABLE_ROWS),
    numCoarse: numPositions <= TABLE_ROWS ? 0 : Math.ceil(numPositions / TABLE_ROWS),
  };
}

/** The tables that a model reads, and what each follows from. */
function ropesOf(config: ModelConfig): { kind: RotaryKind; rope: Rope }[] {
  const { localRope } = config;
  return [
    { kind: 'main', rope: config },
    ...(localRope === undefined ? [] : [{ kind: 'local' as const, rope: localRope }]),
    ...(originalLength(config) === undefined ? [] : [{ kind: 'long' as const, rope: config }]),
  ];
}

/** Tokens beyond which a sequence is turned by the table `long`; undefined where one table serves every length. */
export function originalLength({ ropeScaling }: Rope): number | undefined {
  return ropeScaling?.type === 'longrope' ? ropeScaling.originalMaxPositionEmbeddings : undefined;
}

/** Most positions that a model is made for: with dynamic angles as many times its trained length as the factor says. */
export function longestSequence({ maxPositionEmbeddings, ropeScaling }: Rope & Pick<ModelConfig, 'maxPositionEmbeddings'>): number {
  return ropeScaling?.type === 'dynamic' ? Math.floor(ropeScaling.factor * maxPositionEmbeddings) : maxPositionEmbeddings;
}

/** Beyond any sequence that is trained here; the rotary tables have a row each, and some models name ten million. */
const MAX_POSITIONS = 2 ** 18;

/** Most tokens of a sequence that a model is given here. */
export function mostTokens(config: Rope & Pick<ModelConfig, 'maxPositionEmbeddings'>): number {
  return Math.min(longestSequence(config), MAX_POSITIONS);
}

function attentionFactor({ ropeScaling }: Rope): number {
  return ropeScaling !== undefined && 'attentionFactor' in ropeScaling ? ropeScaling.attentionFactor : 1;
}

function tablesOf(
  frequencies: Float64Array,
  { numRows, step, factor }: { numRows: number; step: number; factor: number },
): { cos: HostTensor; sin: HostTensor } {
  const shape = [numRows, frequencies.length];
  const cos = float32(shape);
  const sin = float32(shape);
  for (let row = 0; row < numRows; row++) {
    frequencies.forEach((frequency, i) => {
      cos.data[row * frequencies.length + i] = factor * Math.cos(row * step * frequency);
      sin.data[row * frequencies.length + i] = factor * Math.sin(row * step * frequency);
    });
  }
  return { cos, sin };
}
