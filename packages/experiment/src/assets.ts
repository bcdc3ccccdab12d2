import { join } from 'node:path';
import { ModelError, pathExists } from '@pharmacist/core';

/** Models that ship with the program, by the name the command line knows them under. */
export const BUNDLED_MODELS = ['tiny'] as const;

/**
 * Directory of a model: a bundled name, or a path.
 * @param assetsDir folder with `models/` and `data/` that ships with the program.
 * @throws {ModelError} if there is no such directory.
 */
export async function modelDirectory(model: string, assetsDir: string): Promise<string> {
  const dir = BUNDLED_MODELS.some((name) => name === model) ? join(assetsDir, 'models', model) : model;
  if (await pathExists(dir)) return dir;
  throw new ModelError('does not exist', {
    where: dir,
    hint: `name a Hugging Face model directory, or a bundled model: ${BUNDLED_MODELS.join(', ')}`,
  });
}
