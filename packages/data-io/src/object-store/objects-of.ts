import { FileError } from '@pharmacist/core';
import { loadPathMatcher } from '../source/match-paths.ts';
import { formatOfName } from '../source/row-format.ts';
import { isPattern } from '../source/source-name.ts';
import { formatObjectName, parseObjectName } from './object-name.ts';
import { ObjectStore, type StoreOptions } from './object-store.ts';

/**
 * The objects that a name stands for, sorted: one by its key, those that a pattern matches, or those below a prefix whose names say that they hold rows.
 * @throws {FileError} if there is none, or the store cannot be reached. @throws {ConfigError} for a name of another form, and without keys.
 */
export async function objectsOf(source: string, options: StoreOptions): Promise<string[]> {
  const { bucket, key } = parseObjectName(source);
  if (!isPattern(key) && key !== '' && !key.endsWith('/') && formatOfName(key).format !== undefined) return [source];
  const parts = key.split('/');
  const at = parts.findIndex(isPattern);
  const folder = (at === -1 ? [key.replace(/\/$/u, '')] : parts.slice(0, at)).join('/');
  const prefix = folder === '' ? '' : `${folder}/`;
  const keys = await (await ObjectStore.open(source, options)).list({ bucket, key: prefix });
  const found =
    at === -1
      ? keys.filter((path) => formatOfName(path).format !== undefined)
      : (await loadPathMatcher())(
          keys.map((path) => path.slice(prefix.length)),
          key.slice(prefix.length),
        ).map((path) => prefix + path);
  if (found.length === 0) {
    throw new FileError(at === -1 ? 'holds no object whose name says that it holds rows' : 'matches no object', {
      where: source,
      hint:
        at === -1
          ? 'check the bucket and the prefix, or name an object'
          : 'check the pattern: `*` stays in a folder, `**/` crosses folders',
    });
  }
  return found.map((path) => formatObjectName({ bucket, key: path }));
}
