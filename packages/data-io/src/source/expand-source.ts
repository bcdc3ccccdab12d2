import { stat } from 'node:fs/promises';
import { asFileError, ConfigError, FileError } from '@pharmacist/core';
import type { ExpandOptions } from './expand-options.ts';
import { hubEndpoint } from './hub-settings.ts';
import { formatOfName } from './row-format.ts';
import { isPattern, isRepoName, labelOf, parseSourceName, type RowSource, sourcesOf } from './source-name.ts';

/**
 * The single files that names stand for, in the order of their rows: a folder, a pattern and a data set on the Hub are several.
 * @throws {FileError} if there is none; {ConfigError} for a split or subset to choose, a name of another form, and a file named twice.
 */
export async function expandSource(source: RowSource, options: ExpandOptions): Promise<string[]> {
  const names = sourcesOf(source);
  if (names.length === 0) throw new ConfigError('no file of rows is named', { where: 'rows', hint: 'name one or more' });
  const files: string[] = [];
  for (const name of names) files.push(...(await expandOne(name, options)));
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined) throw new ConfigError('is named twice', { where: labelOf(twice), hint: 'name every file once' });
  return files;
}

/** Whether a name leads to the network: its rows are read when they are needed, not to look at them before. */
export async function isRemoteSource(source: RowSource, options: ExpandOptions = {}): Promise<boolean> {
  for (const name of sourcesOf(source)) {
    const { kind } = parseSourceName(name, () => hubEndpoint(options));
    if (
      kind === 'hub' ||
      kind === 'url' ||
      kind === 'object' ||
      (kind === 'path' && isHubName(name, options) && (await kindOfPath(name)) === undefined)
    )
      return true;
  }
  return false;
}

/** A name that may be one of the Hub if nothing is there on the disk. */
function isHubName(source: string, { formats }: ExpandOptions): boolean {
  return isRepoName(source) && formatOfName(source, formats).format === undefined && !isPattern(source);
}

async function expandOne(source: string, options: ExpandOptions): Promise<string[]> {
  if (options.inMemory?.has(source) === true) return [source];
  const name = parseSourceName(source, () => hubEndpoint(options));
  if (name.kind === 'stdin' || name.kind === 'url') return [source];
  if (name.kind === 'object') return await (await import('../object-store/objects-of.ts')).objectsOf(source, options);
  const kind = name.kind === 'path' ? await kindOfPath(source) : undefined;
  if (kind === 'file') return [source];
  // Loads what reads patterns and descriptions.
  const { filesOfFolder, filesOfPattern, filesOnHub } = await import('./dataset-files.ts');
  if (name.kind === 'hub') return await filesOnHub(name, options);
  if (kind === 'folder') return await filesOfFolder(source, options);
  if (isPattern(source)) return await filesOfPattern(source, options);
  if (isHubName(source, options)) {
    try {
      return await filesOnHub({ kind: 'hub', repo: source, revision: undefined, path: '' }, options);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      throw new FileError(`is no file or folder here, and as a data set on the Hub it ${error.message}`, {
        where: source,
        hint: `check the path; ${error.hint ?? ''}`,
        cause: error,
      });
    }
  }
  // The reader's own message: it cannot be read.
  return [source];
}

async function kindOfPath(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
    throw asFileError(error, path, 'read');
  }
}
