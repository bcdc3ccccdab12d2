import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type RunInput, sha256OfFile } from '@pharmacist/core';
import { parseModelName } from '@pharmacist/data-io';
import { modelDirectory } from '../assets.ts';

/** Where a folder of the Hub's cache is from. */
export interface HubOrigin {
  /** `owner/name`. */
  readonly repo: string;
  readonly commit: string;
}

/** What a folder of the Hub's cache is named by; undefined for any other. */
export function hubOrigin(directory: string): HubOrigin | undefined {
  const folder = resolve(directory);
  const snapshots = dirname(folder);
  const [, repository] = /^models--(.+)$/.exec(basename(dirname(snapshots))) ?? [];
  if (basename(snapshots) !== 'snapshots' || repository === undefined) return undefined;
  return { repo: repository.replace('--', '/'), commit: basename(folder) };
}

/**
 * The files of a model of the Hub for a run's record, with its commit; nothing for a folder of the user's own.
 * @param model as the user named it.
 */
export async function hubFiles(model: string): Promise<Pick<RunInput, 'files'>> {
  if (parseModelName(model) === undefined && hubOrigin(model) === undefined) return {};
  return await filesOfHub([await modelDirectory(model)]);
}

/** The same of directories. What lies in a folder of a snapshot (another format's weights, such as `onnx/`) is no part of the model that is read. */
export async function filesOfHub(directories: readonly string[]): Promise<Pick<RunInput, 'files'>> {
  const files: NonNullable<RunInput['files']> = [];
  for (const directory of directories) {
    const origin = hubOrigin(directory);
    if (origin === undefined) continue;
    for (const name of (await readdir(directory)).sort()) {
      const path = await realpath(join(directory, name));
      const found = await stat(path);
      if (!found.isFile()) continue;
      // A large file lies under its own hash.
      const sha256 = /^[0-9a-f]{64}$/.test(basename(path)) ? basename(path) : await sha256OfFile(path);
      files.push({ source: `hf://${origin.repo}@${origin.commit}/${name}`, sha256, bytes: found.size });
    }
  }
  return files.length === 0 ? {} : { files };
}
