import { join } from 'node:path';
import { FileError, pathExists, readText } from '@pharmacist/core';
import { hubCache, type HubOptions } from './hub-settings.ts';
import { formatHubName, type HubName } from './source-name.ts';

export type RepositoryKind = 'datasets' | 'models';

/** What huggingface_hub keeps of a repository: `blobs`, `snapshots` and `refs`. */
export function repositoryCache(kind: RepositoryKind, repo: string, options: HubOptions): string {
  return join(hubCache(options), `${kind}--${repo.replace('/', '--')}`);
}

/** The folder of a revision in a cache of a repository; undefined if it keeps none. */
export async function snapshotFolder(cache: string, revision = 'main'): Promise<string | undefined> {
  const ref = join(cache, 'refs', revision);
  const commit = isPlain(revision) && (await pathExists(ref)) ? (await readText(ref)).trim() : revision;
  const folder = join(cache, 'snapshots', commit);
  return isPlain(commit) && (await pathExists(folder)) ? folder : undefined;
}

/**
 * The folder in which huggingface_hub keeps the files of a data set that it has downloaded.
 * @throws {FileError} if it keeps none of that revision.
 */
export async function cachedSnapshot(name: HubName, options: HubOptions): Promise<string> {
  const { repo, revision } = name;
  const folder = await snapshotFolder(repositoryCache('datasets', repo, options), revision);
  if (folder !== undefined) return folder;
  throw new FileError(`was not downloaded before to ${hubCache(options)}, and HF_HUB_OFFLINE forbids to do it now`, {
    where: formatHubName({ ...name, path: '' }),
    hint: `unset HF_HUB_OFFLINE, or download it where there is a network: hf download --repo-type dataset ${repo}`,
  });
}

/** A revision is part of a path here: it must not lead elsewhere. */
export function isPlain(revision: string): boolean {
  return revision !== '' && !revision.startsWith('/') && !revision.split('/').includes('..');
}
