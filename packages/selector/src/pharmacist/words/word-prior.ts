import { readFile } from 'node:fs/promises';
import { bundledPath } from '@pharmacist/bundled';
import { asFileError, DataError } from '@pharmacist/core';
import { z } from 'zod';
import { NUM_BUCKETS } from './hashed-terms.ts';
import type { WordModel } from './word-model.ts';

/**
 * The bundled models of what good and poor answers to harmful prompts look like, learned from public data (words/word-prior.md of @pharmacist/bundled): from all its sources,
 * or from all but one, so that a pool made of that one can be ranked by a model that never saw it.
 */
export const WORD_PRIORS = ['public', 'without-xstest', 'without-refusal-direction', 'without-hh'] as const;
export type WordPriorName = (typeof WORD_PRIORS)[number];

const fileSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** A weight is `scale` times its byte: int8 [NUM_BUCKETS], base64. */
  models: z.record(z.enum(WORD_PRIORS), z.strictObject({ scale: z.number(), bias: z.number(), weights: z.string() })),
});

const EMBEDDED = bundledPath('words', 'word-prior.json');

let embedded: Promise<ReadonlyMap<WordPriorName, WordModel>> | undefined;

/**
 * A model that ships with this package; the file is read once.
 * @throws {FileError} if it is missing; {DataError} if it is damaged: only a damaged installation can be either.
 */
export async function wordPrior(name: WordPriorName): Promise<WordModel> {
  embedded ??= readWordPriors(EMBEDDED).catch((error: unknown) => {
    embedded = undefined;
    throw error;
  });
  return (await embedded).get(name)!;
}

async function readWordPriors(path: string): Promise<ReadonlyMap<WordPriorName, WordModel>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  return decodeWordPriors(text, path);
}

/** The file of all models, weights rounded to bytes. */
export function encodeWordPriors(models: ReadonlyMap<WordPriorName, WordModel>): string {
  const entries = [...models].map(([name, { weights, bias }]) => {
    const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127 || 1;
    const bytes = Int8Array.from(weights, (weight) => Math.round(weight / scale));
    return [name, { scale, bias, weights: Buffer.from(bytes.buffer).toString('base64') }];
  });
  return `${JSON.stringify({ formatVersion: 1, models: Object.fromEntries(entries) }, null, 2)}\n`;
}

/** @throws {DataError} if the text is no such file; `where` names it. */
export function decodeWordPriors(text: string, where: string): ReadonlyMap<WordPriorName, WordModel> {
  const damaged = (cause: unknown) =>
    new DataError('is not a word prior of this version', { where, hint: 'install the package again', cause });
  let file: z.infer<typeof fileSchema>;
  try {
    file = fileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(error);
  }
  return new Map(
    WORD_PRIORS.map((name) => {
      const { scale, bias, weights } = file.models[name];
      const bytes = Buffer.from(weights, 'base64');
      if (bytes.length !== NUM_BUCKETS) throw damaged(`${bytes.length} weights, expected ${NUM_BUCKETS}`);
      return [
        name,
        { bias, weights: Float64Array.from(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length), (byte) => byte * scale) },
      ];
    }),
  );
}
