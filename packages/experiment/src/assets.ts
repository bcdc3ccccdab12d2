import { BUNDLED_MODELS, bundledPath } from '@pharmacist/bundled';
import { ModelError, pathExists } from '@pharmacist/core';

/**
 * Directory of a model: a bundled name, or a path.
 * @throws {ModelError} if there is no such directory.
 */
export async function modelDirectory(model: string): Promise<string> {
  const dir = BUNDLED_MODELS.some((name) => name === model) ? bundledPath('models', model) : model;
  if (await pathExists(dir)) return dir;
  throw new ModelError('does not exist', {
    where: dir,
    hint: `name a Hugging Face model directory, or a bundled model: ${BUNDLED_MODELS.join(', ')}`,
  });
}
