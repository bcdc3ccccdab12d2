import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError, ConfigError, pathExists, writeJsonAtomic } from '@pharmacist/core';
import { writeCheckpoint } from '../checkpoint.ts';
import type { ModelConfig } from '../config.ts';
import type { WriteSafetensorsOptions } from '../safetensors.ts';
import { GgufFile } from './gguf-file.ts';
import { configFromGguf } from './model-config.ts';
import { stateDictFromGguf } from './state-dict.ts';
import { tokenizerFromGguf } from './tokenizer-files.ts';

export interface GgufImport {
  readonly config: ModelConfig;
  /** Tensors of each type in the file, for instance { Q4_1: 210, F32: 61 }. */
  readonly tensorTypes: Readonly<Record<string, number>>;
}

/**
 * Imports a GGUF file into a Hugging Face directory: model.safetensors, tokenizer.json, tokenizer_config.json, generation_config.json and,
 * last, config.json, so that a directory that was left half-way is not taken for a model. Weights are dequantised exactly; `dtype` F32
 * keeps them so, F16 and BF16 round them.
 * @throws {ConfigError} if `outDir` exists and is not empty.
 * @throws {ModelError} if the file is damaged or of an unsupported form.
 */
export async function importGguf(
  path: string,
  outDir: string,
  { dtype = 'F32' }: Pick<WriteSafetensorsOptions, 'dtype'> = {},
): Promise<GgufImport> {
  await assertEmpty(outDir);
  const file = await GgufFile.open(path);
  try {
    const config = await configFromGguf(file);
    const { tokenizer, tokenizerConfig } = tokenizerFromGguf(file);
    const weights = await stateDictFromGguf(file, config);
    await writeJsonAtomic(join(outDir, 'tokenizer.json'), tokenizer);
    await writeJsonAtomic(join(outDir, 'tokenizer_config.json'), { ...tokenizerConfig, model_max_length: config.maxPositionEmbeddings });
    await writeCheckpoint(outDir, config, weights, { dtype });
    const tensorTypes: Record<string, number> = {};
    for (const { format } of file.tensors.values()) tensorTypes[format.name] = (tensorTypes[format.name] ?? 0) + 1;
    return { config, tensorTypes };
  } finally {
    await file.close();
  }
}

async function assertEmpty(dir: string): Promise<void> {
  if (!(await pathExists(dir))) return;
  try {
    if ((await readdir(dir)).length === 0) return;
  } catch (error) {
    throw asFileError(error, dir, 'read');
  }
  throw new ConfigError('exists and is not empty', { where: dir, hint: 'name a new directory, or empty this one' });
}
