import { join } from 'node:path';
import { FileError, pathExists, readText } from '@pharmacist/core';
import { hubCache, type HubOptions } from './hub-settings.ts';
import { formatHubName, type HubName } from './source-name.ts';

/**
 * The folder in which huggingface_hub keeps the files of a data set that it has downloaded.
 * @throws {FileError} if it keeps none of that revision.
 */
export async function cachedSnapshot(name: HubName, options: HubOptions): Promise<string> {
  const { repo, revision = 'main' } = name;
  const cache = join(hubCache(options), `datasets--${repo.replace('/', '--')}`);
  const ref = join(cache, 'refs', revision);
  const commit = isPlain(revision) && (await pathExists(ref)) ? (await readText(ref)).trim() : revision;
  const folder = join(cache, 'snapshots', commit);
  if (isPlain(commit) && (await pathExists(folder))) return folder;
  throw new FileError(`was not downloaded before to ${hubCache(options)}, and HF_HUB_OFFLINE forbids to do it now`, {
    where: formatHubName({ ...name, path: '' }),
    hint: `unset HF_HUB_OFFLINE, or download it where there is a network: hf download --repo-type dataset ${repo}`,
  });
}

/** A revision is part of a path here: it must not lead elsewhere. */
function isPlain(revision: string): boolean {
  return revision !== '' && !revision.startsWith('/') && !revision.split('/').includes('..');
}
