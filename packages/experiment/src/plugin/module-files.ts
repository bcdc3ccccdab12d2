import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { asFileError, sha256 } from '@pharmacist/core';

/** Paths of imports and exports that stand in a text, in static form or in `import('…')` and `require('…')`. */
const IMPORTS = /\b(from|import|import\s*\(|require\s*\()\s*(['"`])(\.{1,2}(?:\/[^'"`\n]*)?|\/[^'"`\n]+|file:[^'"`\n]+)\2/g;

export interface ModuleFile {
  readonly source: string;
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * A module and the files that it imports by relative or absolute paths, and those that these import, as Node finds them. What a package brings
 * is left to the package's version; an import whose path is computed is not seen.
 * @throws {FileError} if the module itself cannot be read; a file that is named and not there is the import's to refuse.
 */
export async function moduleFiles(path: string): Promise<ModuleFile[]> {
  const files = new Map<string, ModuleFile>();
  const waiting = [path];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    let source: string;
    let content: Buffer;
    try {
      // A module that is reached by a link finds its own imports from where it lies.
      source = await realpath(next);
      if (files.has(source)) continue;
      content = await readFile(source);
    } catch (error) {
      if (next === path) throw asFileError(error, path, 'read');
      continue;
    }
    files.set(source, { source, sha256: sha256(content), bytes: content.length });
    for (const [, keyword, , specifier] of content.toString('utf8').matchAll(IMPORTS)) {
      const found = pathOf(specifier!, { from: source, isRequired: keyword!.startsWith('require') });
      if (found !== undefined) waiting.push(found);
    }
  }
  return [...files.values()];
}

/** `require` finds `./lib.js` and `./lib/index.js` by `./lib`; `import` takes URLs. Undefined if there is no such file. */
function pathOf(specifier: string, { from, isRequired }: { from: string; isRequired: boolean }): string | undefined {
  try {
    return isRequired ? createRequire(from).resolve(specifier) : fileURLToPath(new URL(specifier, pathToFileURL(from)));
  } catch {
    return undefined;
  }
}
