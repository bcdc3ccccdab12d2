import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moduleFiles } from './module-files.ts';

let folder: string;
beforeEach(async () => void (folder = await realpath(await mkdtemp(join(tmpdir(), 'pharmacist-module-')))));
afterEach(async () => await rm(folder, { recursive: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
const filesOf = async (name: string) => (await moduleFiles(join(folder, name))).map(({ source }) => relative(folder, source));

describe('the files of a module', () => {
  it.each([
    ["require('./parts/one')", 'parts/one.js'],
    ["require('./data')", 'data.json'],
    ["require('./lib')", 'lib/index.js'],
    ["require('./packed')", 'packed/main.cjs'],
    ["require('.')", 'index.js'],
  ])('are found as require finds them: %s', async (text, found) => {
    await write({
      'a.cjs': `exports.a = ${text};`,
      'index.js': '',
      'parts/one.js': '',
      'data.json': '{}',
      'lib/index.js': '',
      'packed/package.json': '{ "main": "main.cjs" }',
      'packed/main.cjs': '',
    });
    expect(await filesOf('a.cjs')).toEqual(['a.cjs', found]);
  });

  it.each([
    ["import './q.mjs?v=1';", 'q.mjs'],
    ["export * from './with%20blank.mjs';", 'with blank.mjs'],
    ["const q = await import('./q.mjs#part');", 'q.mjs'],
    ['const q = await import(`./q.mjs`);', 'q.mjs'],
  ])('are found as import finds them: %s', async (text, found) => {
    await write({ 'a.mjs': text, 'q.mjs': '', 'with blank.mjs': '' });
    expect(await filesOf('a.mjs')).toEqual(['a.mjs', found]);
  });

  it('are found by absolute paths and URLs, and once each though they import one another', async () => {
    await write({ 'b.mjs': "import './a.mjs';", 'c.mjs': "import './b.mjs';" });
    await write({ 'a.mjs': `import '${pathToFileURL(join(folder, 'b.mjs')).href}'; import '${join(folder, 'c.mjs')}';` });
    expect(await filesOf('a.mjs')).toEqual(['a.mjs', 'b.mjs', 'c.mjs']);
  });

  it('are found from where a linked module lies', async () => {
    await write({ 'a.mjs': "import './linked.mjs';", 'elsewhere/real.mjs': "import './beside.mjs';", 'elsewhere/beside.mjs': '' });
    await symlink(join(folder, 'elsewhere/real.mjs'), join(folder, 'linked.mjs'));
    expect(await filesOf('a.mjs')).toEqual(['a.mjs', 'elsewhere/real.mjs', 'elsewhere/beside.mjs']);
  });

  it.each([
    "import 'file://host/a.mjs';",
    "import './missing.mjs';",
    "require('./missing')",
    "import './%.mjs';",
    'import(`./${name}.mjs`)',
  ])('are none of what is not there: %s', async (text) => {
    await write({ 'a.mjs': text });
    expect(await filesOf('a.mjs')).toEqual(['a.mjs']);
  });

  it('are refused if the module itself is missing', async () => {
    await expect(filesOf('missing.mjs')).rejects.toThrow('cannot be read: does not exist');
  });
});
