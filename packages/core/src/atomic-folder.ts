import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { asFileError, pathExists } from './atomic-file.ts';
import { ConfigError } from './errors.ts';
import { assertLocal } from './local-path.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Fills a new folder that appears whole or not at all: `fill` works in a neighbour, which then takes the name.
 * @returns what `fill` returns.
 * @throws {ConfigError} if `path` is an address, or is there and is no empty folder, before anything is done. @throws {FileError} if it cannot be written.
 */
export async function writeFolderAtomic<T>(path: string, fill: (folder: string) => Promise<T>): Promise<T> {
  assertLocal(path);
  const target = resolve(path);
  await assertFree(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.partial`);
  try {
    await makeFolder(temporary);
    const result = await fill(temporary);
    // Renaming onto a folder, even an empty one, is not possible everywhere.
    if (await pathExists(target)) await rmdir(target);
    await rename(temporary, target);
    return result;
  } catch (error) {
    // The first error is the one to report, whatever happens to the neighbour.
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw asFileError(error, path, 'written');
  }
}

async function assertFree(path: string): Promise<void> {
  if (!(await pathExists(path))) return;
  try {
    if ((await readdir(path)).length === 0) return;
  } catch (error) {
    throw asFileError(error, path, 'read');
  }
  throw new ConfigError('exists and is not empty', { where: path, hint: 'name a new folder, or empty this one' });
}
