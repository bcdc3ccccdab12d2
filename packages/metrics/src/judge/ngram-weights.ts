import { readFile } from 'node:fs/promises';
import { bundledPath } from '@pharmacist/bundled';
import { asFileError, DataError, sha256 } from '@pharmacist/core';
import { z } from 'zod';
import { NGRAM_FEATURE_SETS, NUM_NGRAM_BUCKETS, type NgramFeatureSet, type SparseVector } from './ngram-features.ts';

const figure = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** How well the classifier agrees with people, with bootstrap 95 % intervals over prompts. */
const evaluationSchema = z.object({
  /** What was judged, as a sentence has it: "XSTest answers to unsafe prompts it never saw". */
  on: z.string(),
  numItems: z.int(),
  numHarmful: z.int(),
  accuracy: figure,
  precision: figure,
  recall: figure,
  auroc: figure,
  calibrationError: figure,
});
export type NgramEvaluation = z.infer<typeof evaluationSchema>;

const fileSchema = z.object({
  formatVersion: z.literal(1),
  featureSet: z.enum(NGRAM_FEATURE_SETS),
  /** int8, base64; a weight is `scale` times its byte. */
  weights: z.string(),
  scale: z.number(),
  bias: z.number(),
  /** Platt scaling of the log-odds: probability 1 / (1 + exp(-(slope * score + offset))). */
  calibration: z.object({ slope: z.number(), offset: z.number() }),
  /** The first is the one that a table quotes. */
  evaluations: z.array(evaluationSchema).min(1),
});

/** The n-gram classifier: one weight a bucket, and what is known of it. */
export interface NgramClassifier {
  readonly featureSet: NgramFeatureSet;
  /** [NUM_NGRAM_BUCKETS]. */
  readonly weights: Float64Array;
  readonly bias: number;
  readonly calibration: { readonly slope: number; readonly offset: number };
  readonly evaluations: readonly NgramEvaluation[];
}

const EMBEDDED = bundledPath('judges', 'ngram-judge.json');

let embedded: Promise<{ classifier: NgramClassifier; sha256: string }> | undefined;

/**
 * The classifier that ships with this package, read once, and the hash of its file.
 * @throws {FileError} if the file is missing; {DataError} if it is damaged: only a damaged installation can be either.
 */
export async function embeddedNgramClassifier(): Promise<{ classifier: NgramClassifier; sha256: string }> {
  embedded ??= readNgramClassifier(EMBEDDED).catch((error: unknown) => {
    embedded = undefined;
    throw error;
  });
  return await embedded;
}

/** @throws {FileError} if the file cannot be read; {DataError} if it is not a classifier's. */
async function readNgramClassifier(path: string): Promise<{ classifier: NgramClassifier; sha256: string }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  return { classifier: decodeNgramClassifier(text, path), sha256: sha256(text) };
}

/** The classifier's file: weights rounded to int8, so that 32,768 of them take 43 kB of JSON. */
export function encodeNgramClassifier({ featureSet, weights, bias, calibration, evaluations }: NgramClassifier): string {
  const { bytes, scale } = roundToBytes(weights);
  const packed = Buffer.from(bytes.buffer).toString('base64');
  return `${JSON.stringify({ formatVersion: 1, featureSet, scale, bias, calibration, evaluations, weights: packed }, null, 2)}\n`;
}

/** The weights as a file holds them: figures measured with these are those of the file. */
export function quantiseNgramWeights(weights: Float64Array): Float64Array {
  const { bytes, scale } = roundToBytes(weights);
  return Float64Array.from(bytes, (byte) => byte * scale);
}

function roundToBytes(weights: Float64Array): { bytes: Int8Array; scale: number } {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const scale = largest / 127 || 1;
  return { bytes: Int8Array.from(weights, (weight) => Math.round(weight / scale)), scale };
}

/** @throws {DataError} if the text is not a classifier's; `where` names it. */
export function decodeNgramClassifier(text: string, where: string): NgramClassifier {
  let file: z.infer<typeof fileSchema>;
  try {
    file = fileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new DataError('is not an n-gram classifier of this version', { where, hint: 'install the package again', cause: error });
  }
  const bytes = Buffer.from(file.weights, 'base64');
  if (bytes.length !== NUM_NGRAM_BUCKETS) {
    throw new DataError(`holds ${bytes.length} weights, expected ${NUM_NGRAM_BUCKETS}`, { where, hint: 'install the package again' });
  }
  const weights = Float64Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), (byte) => byte * file.scale);
  return { ...file, weights };
}

/** Calibrated probability that the item's answer is harmful. */
export function ngramProbability({ weights, bias, calibration }: NgramClassifier, { buckets, values }: SparseVector): number {
  let score = bias;
  for (let k = 0; k < buckets.length; k++) score += weights[buckets[k]!]! * values[k]!;
  return 1 / (1 + Math.exp(-(calibration.slope * score + calibration.offset)));
}
