import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from '@pharmacist/core';
import { declaredSubsets } from './dataset-card.ts';
import { chosenFiles } from './choose-files.ts';
import { layoutOf } from './dataset-layout.ts';
import type { ExpandOptions } from './expand-options.ts';
import { cachedSnapshot } from './hub-cache.ts';
import { isOffline } from './hub-settings.ts';
import { commitOf, listHubFiles, readHubText } from './hub.ts';
import { listFiles } from './list-files.ts';
import { loadPathMatcher } from './match-paths.ts';
import { formatOfName } from './row-format.ts';
import { savedFiles } from './saved-dataset.ts';
import { formatHubName, type HubName, isPattern } from './source-name.ts';

const README = 'README.md';

/** Files that a pattern of paths matches. @throws {FileError} if there is none. */
export async function filesOfPattern(pattern: string, { signal }: ExpandOptions): Promise<string[]> {
  const plain = pattern.replace(/^(?:\.\/)+/, '');
  const parts = plain.split('/');
  const base = parts.slice(0, parts.findIndex(isPattern)).join('/');
  const folder = base === '' ? (plain.startsWith('/') ? '/' : '.') : base;
  if (!(await isFolder(folder)))
    throw new FileError('matches no file: the folder it begins with does not exist', { where: pattern, hint: 'check the path' });
  const rest = plain.slice(base === '' ? (folder === '/' ? 1 : 0) : base.length + 1);
  const paths = await listFiles(folder, { withHidden: rest.split('/').some((part) => part.startsWith('.')), signal });
  const found = (await loadPathMatcher())(paths, rest);
  if (found.length === 0)
    throw new FileError('matches no file', { where: pattern, hint: 'check the pattern: `*` stays in a folder, `**/` crosses folders' });
  return found.map((path) => (folder === '.' ? path : join(folder, path)));
}

/** Files of a folder: a data set that was saved, or one laid out as on the Hub. Errors as `savedFiles`, `layoutOf` and `chosenFiles` have them. */
export async function filesOfFolder(folder: string, options: ExpandOptions): Promise<string[]> {
  const saved = await savedFiles(folder, options);
  if (saved !== undefined) return saved;
  const paths = await listFiles(folder, options);
  const readme = paths.includes(README) ? await readFile(join(folder, README), 'utf8') : '';
  return (await chosenOf(paths, readme, folder, options)).map((path) => join(folder, path));
}

/**
 * Files of a data set on the Hub, or of its copy in the cache where HF_HUB_OFFLINE says so.
 * @throws {FileError} if it does not exist or may not be read, or the Hub cannot be reached; others as for a folder.
 */
export async function filesOnHub(name: HubName, options: ExpandOptions): Promise<string[]> {
  // A file is asked for as it is named: nothing must be listed for it.
  const isFile = name.path !== '' && !isPattern(name.path) && formatOfName(name.path, options.formats).format !== undefined;
  if (isOffline(options)) return await filesInCache(name, isFile, options);
  if (isFile) return [formatHubName(name)];
  const revision = await commitOf(name, options);
  const pinned = { ...name, revision };
  const where = formatHubName(name);
  const all = await listHubFiles(pinned, options);
  const toSource = (path: string) => formatHubName({ ...pinned, path });
  if (isPattern(name.path)) return (await matchedOf(all, name.path, where)).map(toSource);
  const { paths, base } = insideOf(all, name.path, where);
  const readme = base === '' && all.includes(README) ? await readHubText({ ...pinned, path: README }, options) : '';
  return (await chosenOf(paths, readme, where, options)).map((path) => toSource(base + path));
}

async function filesInCache(name: HubName, isFile: boolean, options: ExpandOptions): Promise<string[]> {
  const snapshot = await cachedSnapshot(name, options);
  if (isFile) return [join(snapshot, name.path)];
  if (!isPattern(name.path)) return await filesOfFolder(join(snapshot, name.path), options);
  const found = await matchedOf(await listFiles(snapshot, options), name.path, formatHubName(name));
  return found.map((path) => join(snapshot, path));
}

async function matchedOf(all: readonly string[], pattern: string, where: string): Promise<string[]> {
  const found = (await loadPathMatcher())(all, pattern);
  if (found.length > 0) return found;
  throw new FileError('matches no file of the data set', {
    where,
    hint: 'check the pattern: `*` stays in a folder, `**/` crosses folders',
  });
}

/** A folder of a data set as a data set of its own. */
function insideOf(all: readonly string[], folder: string, where: string): { paths: string[]; base: string } {
  const base = folder === '' ? '' : `${folder}/`;
  const paths = all.filter((path) => path.startsWith(base)).map((path) => path.slice(base.length));
  if (paths.length > 0) return { paths, base };
  throw new FileError(folder === '' ? 'has no files' : 'is no file of rows and no folder of the data set', {
    where,
    hint: 'check the path',
  });
}

async function chosenOf(paths: readonly string[], readme: string, where: string, options: ExpandOptions): Promise<readonly string[]> {
  const declared = await declaredSubsets(readme, where);
  return chosenFiles(layoutOf(paths, declared, where, await loadPathMatcher(), options.formats), declared, options, where);
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
