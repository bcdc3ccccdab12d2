import { join } from 'node:path';
import { hashOfValue, pathExists, sha256OfFile } from '@pharmacist/core';

/**
 * SHA-256 over the names and bytes of those files that a directory holds, in the order of `names`.
 * @throws {FileError} if one cannot be read.
 */
export async function hashOfFiles(dir: string, names: readonly string[]): Promise<string> {
  const named: [string, string][] = [];
  for (const name of names) {
    if (await pathExists(join(dir, name))) named.push([name, await sha256OfFile(join(dir, name))]);
  }
  return hashOfValue(named);
}
