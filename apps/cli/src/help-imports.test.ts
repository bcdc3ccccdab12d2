import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const STATIC_IMPORT = /^(?:import|export) (?!type )(?:[\w*{][^'";=]*? from )?'([^']+)';$/gm;

/** Every module that is loaded before a command is known, the program's own files followed. */
function loadedAtStart(file: string, found = new Set<string>()): Set<string> {
  for (const [, name] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    const module = name!.startsWith('.') ? join(dirname(file), name!) : name!;
    if (found.has(module)) continue;
    found.add(module);
    if (name!.startsWith('.')) loadedAtStart(module, found);
  }
  return found;
}

it('loads nothing for `--help` but its own files and yargs', () => {
  const loaded = [...loadedAtStart(join(import.meta.dirname, 'main.ts'))];
  expect(loaded.filter((module) => !module.startsWith('/') && !module.startsWith('node:'))).toEqual(['yargs']);
});
