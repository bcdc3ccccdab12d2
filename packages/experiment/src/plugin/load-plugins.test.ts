import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PharmacistError } from '@pharmacist/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN } from '../catalog/catalog.ts';
import { loadPlugins } from './load-plugins.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-plugins-'));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** Modules are kept by their path: every test writes under names of its own. */
const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
};
const load = async (...names: string[]) => await loadPlugins(names, { folder });
const faultOf = async (...names: string[]): Promise<PharmacistError> =>
  await load(...names).then(
    () => expect.fail('no error'),
    (error: PharmacistError) => error,
  );

describe('plugins', () => {
  it('add what they export to what is built in: objects, lists, and what a function makes of the toolkit', async () => {
    await write({
      'plain.mjs': `
        export const help = 1;
        export const first = { kind: 'selector', name: 'first', fit: ({ pool }) => ({ scores: pool.map(() => 0) }) };
        export default [{ kind: 'filter', name: 'none', apply: ({ pool }) => ({ stays: pool.map(() => true) }) }];`,
      'made.mjs': `
        export default async ({ defineJudge, defineTask, defineDefense, z }) => [
          defineJudge({ name: 'calm', config: z.strictObject({}), create: () => ({ judge: (items) => items.map(() => ({ status: 'empty' })) }) }),
          defineTask({ name: 'echo', instruction: (text) => ({ prompt: text }), target: (text) => text, score: (answer, text) => ({ isCorrect: answer === text, predicted: answer }) }),
          defineDefense({ name: 'still', start: () => ({ gradient: () => ({ loss: 0, gradients: new Map() }) }) }),
        ];`,
    });
    const catalog = await load('plain.mjs', './made.mjs');
    expect(catalog.selector.names).toEqual([...BUILT_IN.selector.names, 'first']);
    const { filter, judge, task, defense } = catalog;
    expect([filter, judge, task, defense].map(({ names }) => names.at(-1))).toEqual(['none', 'calm', 'echo', 'still']);
    expect(catalog.inputs).toMatchObject([
      { role: 'plugin', source: 'plain.mjs' },
      { role: 'plugin', source: './made.mjs' },
    ]);
    expect(BUILT_IN.selector.has('first')).toBe(false);
  });

  it('are told apart by their bytes, and by those of what they import by path', async () => {
    const text = `import { one } from './parts/one.mjs';\nexport const a = { kind: 'selector', name: 'a', fit: ({ pool }) => ({ scores: pool.map(() => one) }) };`;
    const inputOf = async (name: string) => (await load(name)).inputs[0]!;
    await write({
      'x/a.mjs': text,
      'x/parts/one.mjs': 'export const one = 1;',
      'y/a.mjs': text,
      'y/parts/one.mjs': 'export const one = 1;',
    });
    await write({ 'z/a.mjs': text, 'z/parts/one.mjs': 'export const one = 2;' });
    const [x, y, z] = [await inputOf('x/a.mjs'), await inputOf('y/a.mjs'), await inputOf('z/a.mjs')];
    expect(x.files).toHaveLength(2);
    expect(y.sha256).toBe(x.sha256);
    expect(z.sha256).not.toBe(x.sha256);
  });

  it('may be packages that are installed', async () => {
    await write({
      'node_modules/pharmacist-mine/package.json': '{ "name": "pharmacist-mine", "main": "main.js" }',
      'node_modules/pharmacist-mine/main.js': `exports.m = { kind: 'selector', name: 'packed', fit: ({ pool }) => ({ scores: pool.map(() => 0) }) };`,
    });
    expect((await load('pharmacist-mine')).selector.has('packed')).toBe(true);
  });

  it.each([
    ['missing', {}, 'E_CONFIG', 'is not there: no file of this path, and no package of this name'],
    ['syntax', { 'syntax.mjs': 'export default [' }, 'E_CONFIG', 'cannot be loaded: '],
    ['throws', { 'throws.mjs': `throw new Error('out of luck');` }, 'E_CONFIG', 'cannot be loaded: Error: out of luck'],
    ['imports', { 'imports.mjs': `import './nowhere.mjs';` }, 'E_CONFIG', 'cannot be loaded: Error: '],
    ['empty', { 'empty.mjs': '' }, 'E_CONTRACT', 'exports no definition; it exports nothing'],
    ['other', { 'other.mjs': 'export const helper = () => 1; export default 3;' }, 'E_CONTRACT', '3 is no definition'],
    [
      'kind',
      { 'kind.mjs': `export default { kind: 'method', name: 'a' };` },
      'E_CONTRACT',
      'an object is no definition: its kind is "method"',
    ],
    ['function', { 'function.mjs': `export default () => { throw new TypeError('no z'); };` }, 'E_CONTRACT', 'threw TypeError: no z'],
    ['nothing', { 'nothing.mjs': 'export default () => undefined;' }, 'E_CONTRACT', 'exports no definition; it exports default'],
    ['unnamed', { 'unnamed.mjs': `export default { kind: 'selector', fit() {} };` }, 'E_CONTRACT', 'has the name undefined'],
    ['fitless', { 'fitless.mjs': `export default { kind: 'selector', name: 'fitless' };` }, 'E_CONTRACT', 'has no fit'],
    [
      'clash',
      { 'clash.mjs': `export default { kind: 'selector', name: 'random', fit() {} };` },
      'E_CONFIG',
      'method "random" cannot be added: there is one of this name already',
    ],
  ])('that are wrong are refused in one line: %s', async (name, files, code, message) => {
    await write(files as Record<string, string>);
    const fault = await faultOf(`${name}.mjs`);
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(message);
    expect(fault.describe().split('\n')).toHaveLength(1);
    if (!['unnamed', 'fitless'].includes(name)) expect(fault.where).toBe(`plugin ${name}.mjs`);
  });

  it('may not bring one name twice, nor be named twice', async () => {
    const text = `export default { kind: 'judge', name: 'twin', create() {} };`;
    await write({ 'twin-1.mjs': text, 'twin-2.mjs': text });
    const fault = await faultOf('twin-1.mjs', 'twin-2.mjs');
    expect(fault.describe()).toBe(
      'E_CONFIG plugin twin-2.mjs: judge "twin" cannot be added: there is one of this name already. Fix: give it another name',
    );
    expect((await faultOf('twin-1.mjs', './twin-1.mjs')).message).toBe('is named twice');
  });
});
