import { stat } from 'node:fs/promises';
import { BUNDLED_MODELS, bundledPath } from '@pharmacist/bundled';
import { asFileError, FileError, ModelError, type Reporter } from '@pharmacist/core';
import { type ModelName, modelSnapshot, parseModelName } from '@pharmacist/data-io';

export interface FindModelOptions {
  /** `configuration` leaves the weights of a model on the Hub where they are. */
  readonly contents?: 'everything' | 'configuration' | 'adapter' | undefined;
  readonly reporter?: Reporter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Models of the Hub that this process has found: one commit for all of a run, however often it is asked for. */
const found = new Map<string, string>();

/**
 * Directory of a model: a bundled name, a path, or `owner/name` (`owner/name@revision`) on the Hub, which is downloaded unless it is there.
 * @throws {ModelError} if there is no such directory. @throws {FileError} if the Hub has no such model, or cannot be reached.
 * @throws {InterruptedError} while it downloads.
 */
export async function modelDirectory(model: string, options: FindModelOptions = {}): Promise<string> {
  if (BUNDLED_MODELS.some((name) => name === model)) return bundledPath('models', model);
  const kind = await kindOf(model);
  if (kind === 'folder') return model;
  if (kind === 'file') {
    throw new ModelError('is a file, and a model is a folder', {
      where: model,
      hint: model.endsWith('.gguf') ? `make a folder of it: pharmacist import ${model} OUT` : 'name the folder that it is in',
    });
  }
  const name = parseModelName(model);
  if (name !== undefined) return await onHub(model, name, options);
  throw new ModelError('does not exist', {
    where: model,
    hint: `name a Hugging Face model directory, a model on the Hub (owner/name), or a bundled model: ${BUNDLED_MODELS.join(', ')}`,
  });
}

/**
 * Directory of an adapter: a path, or `owner/name` (`owner/name@revision`) on the Hub, which is downloaded unless it is there.
 * @throws {FileError} if the Hub has no such adapter, or cannot be reached. @throws {InterruptedError} while it downloads.
 */
export async function adapterDirectory(adapter: string, options: Omit<FindModelOptions, 'contents'> = {}): Promise<string> {
  const name = (await kindOf(adapter)) === undefined ? parseModelName(adapter) : undefined;
  // A path that leads nowhere is named by who reads it.
  return name === undefined ? adapter : await onHub(adapter, name, { ...options, contents: 'adapter' });
}

async function onHub(model: string, name: ModelName, { contents, reporter, signal }: FindModelOptions): Promise<string> {
  const { HF_HOME, HF_HUB_CACHE, HF_ENDPOINT } = process.env;
  const key = JSON.stringify([model, contents, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT]);
  const known = found.get(key);
  if (known !== undefined) return known;
  try {
    const { directory, commit } = await modelSnapshot(name, { contents, ...(reporter && { reporter }), ...(signal && { signal }) });
    reporter?.info(`${contents === 'adapter' ? 'adapter' : 'model'}: ${name.repo} of the Hub at ${commit.slice(0, 12)}: ${directory}`);
    found.set(key, directory);
    return directory;
  } catch (error) {
    if (!(error instanceof FileError) || model.startsWith('hf://') || name.revision !== undefined) throw error;
    throw new FileError(`is no folder here, and as ${contents === 'adapter' ? 'an adapter' : 'a model'} on the Hub it ${error.message}`, {
      where: model,
      hint: `check the path; ${error.hint ?? ''}`,
      cause: error,
    });
  }
}

async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw asFileError(error, path, 'read');
  }
}
