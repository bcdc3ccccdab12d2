import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** `import type` costs nothing at run time; everything else at the top of a file is loaded with the package. */
const STATIC_IMPORT = /^(?:import|export)\s(?!type\s)[^;]*?from '([^.'][^']*)';/gms;

it('loads nothing but Node and core when the package is imported', async () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(20);
  const loaded = new Set<string>();
  for (const file of files) {
    for (const [, name] of (await readFile(join(src, file), 'utf8')).matchAll(STATIC_IMPORT))
      if (!name!.startsWith('node:')) loaded.add(name!);
  }
  expect([...loaded]).toEqual(['@pharmacist/core']);
});
