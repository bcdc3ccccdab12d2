import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asFileError, sha256 } from '@pharmacist/core';

/** Specifiers of imports and exports that stand in a text, in static form or in `import('…')` and `require('…')`. */
const SPECIFIERS = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(['"])(\.{1,2}\/[^'"\n]+|\/[^'"\n]+|file:[^'"\n]+)\1/g;

export interface ModuleFile {
  readonly source: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * A module and the files that it imports by relative or absolute paths, and those that these import. What a package brings is left to the
 * package's version.
 * @throws {FileError} if the module itself cannot be read; a file that is named and not there is the import's to refuse.
 */
export async function moduleFiles(path: string): Promise<ModuleFile[]> {
  const files = new Map<string, ModuleFile>();
  const waiting = [path];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (files.has(next)) continue;
    let content: Buffer;
    try {
      content = await readFile(next);
    } catch (error) {
      if (next === path) throw asFileError(error, path, 'read');
      continue;
    }
    files.set(next, { source: next, sha256: sha256(content), bytes: content.length });
    for (const [, , specifier = ''] of content.toString('utf8').matchAll(SPECIFIERS)) waiting.push(pathOf(specifier, next));
  }
  return [...files.values()];
}

function pathOf(specifier: string, from: string): string {
  if (specifier.startsWith('file:')) return fileURLToPath(specifier);
  return isAbsolute(specifier) ? specifier : resolve(dirname(from), specifier);
}
