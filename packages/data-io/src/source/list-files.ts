import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asFileError, ConfigError, throwIfAborted } from '@pharmacist/core';

/** More files than a data set has: somebody named a home folder. */
const MAX_FILES = 100_000;

/**
 * Paths of the files in a folder and the folders in it, relative to it, with `/`. Links to files are files, as in the Hub's cache; links to
 * folders are not followed, since they may lead in a circle.
 * @param withHidden includes folders whose name begins with a dot.
 * @throws {FileError} if a folder cannot be read; {ConfigError} if there are more files than a data set has.
 */
export async function listFiles(
  folder: string,
  { withHidden = false, signal }: { withHidden?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let inside = folders.pop(); inside !== undefined; inside = folders.pop()) {
    throwIfAborted(signal);
    const place = join(folder, inside);
    const entries = await readdir(place, { withFileTypes: true }).catch((error: unknown) => {
      throw asFileError(error, place, 'read');
    });
    for (const entry of entries) {
      const path = `${inside}${entry.name}`;
      if (entry.isDirectory()) {
        if (withHidden || !entry.name.startsWith('.')) folders.push(`${path}/`);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(folder, path))))) files.push(path);
    }
    if (files.length > MAX_FILES) {
      throw new ConfigError(`has more than ${MAX_FILES} files in it`, {
        where: folder,
        hint: 'name the folder of the data set, or its files',
      });
    }
  }
  return files;
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
