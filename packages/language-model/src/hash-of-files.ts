import { join } from 'node:path';
import { hashOfValue, pathExists, sha256OfFile } from '@pharmacist/core';

/**
 * SHA-256 over the names and bytes of those files that a directory holds, in the order of `names`.
 * @param known hashes of files, by name, that were read already.
 * @throws {FileError} if one cannot be read.
 */
export async function hashOfFiles(dir: string, names: readonly string[], known: ReadonlyMap<string, string> = new Map()): Promise<string> {
  const named: [string, string][] = [];
  for (const name of names) {
    const hash = known.get(name);
    if (hash !== undefined) named.push([name, hash]);
    else if (await pathExists(join(dir, name))) named.push([name, await sha256OfFile(join(dir, name))]);
  }
  return hashOfValue(named);
}
