import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const workspace = fileURLToPath(new URL('../../..', import.meta.url));

/** What a user names; the rest comes with them. */
const INSTALLED = ['@pharmacist/cli', '@pharmacist/toolkit', '@pharmacist/selector'];

let dir: string;
const pharmacist = async (...args: string[]) => {
  const { INIT_CWD: _, NODE_OPTIONS: __, ...env } = process.env;
  return await run(process.execPath, [join(dir, 'node_modules/@pharmacist/cli/dist/main.js'), ...args], { cwd: dir, env });
};

/** Folders of a package and of all in the workspace that it stands on. */
async function withLibraries(folder: string, found = new Set<string>()): Promise<string[]> {
  found.add(folder);
  const { dependencies = {} } = JSON.parse(await readFile(join(workspace, folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies).filter((one) => one.startsWith('@pharmacist/'))) {
    const library = name.replace('@pharmacist/', 'packages/');
    if (!found.has(library)) await withLibraries(library, found);
  }
  return [...found];
}

/** Builds and packs every package that the command and the toolkit stand on and installs the tarballs in an empty folder, as a user would get them. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pharmacist-pack-'));
  await run('pnpm', ['exec', 'turbo', 'run', 'build', '--concurrency=1', '--filter=@pharmacist/cli', '--filter=@pharmacist/toolkit'], {
    cwd: workspace,
  });
  const tarballs = join(dir, 'tarballs');
  await mkdir(tarballs);
  const folders = await withLibraries('packages/toolkit', new Set(await withLibraries('apps/cli')));
  for (const folder of folders) await run('pnpm', ['pack', '--pack-destination', tarballs], { cwd: join(workspace, folder) });
  const fileOf = Object.fromEntries(
    (await readdir(tarballs)).map((file) => [`@pharmacist/${/^pharmacist-(.+)-\d/.exec(file)![1]!}`, `file:${join(tarballs, file)}`]),
  );
  if (Object.keys(fileOf).length !== folders.length) throw new Error(`packed only ${Object.keys(fileOf).join(', ')}`);
  await writeFile(
    join(dir, 'package.json'),
    JSON.stringify({ name: 'user', private: true, dependencies: Object.fromEntries(INSTALLED.map((name) => [name, fileOf[name]])) }),
  );
  const withoutScripts = ['onnxruntime-node', 'protobufjs', 'koffi', '@tensorflow/tfjs-node-gpu', 'core-js'];
  const overrides = Object.entries(fileOf).map(([name, file]) => `  '${name}': '${file}'`);
  await writeFile(
    join(dir, 'pnpm-workspace.yaml'),
    `overrides:\n${overrides.join('\n')}\nallowBuilds:\n${withoutScripts.map((name) => `  '${name}': false\n`).join('')}`,
  );
  await run('pnpm', ['install', '--prefer-offline'], { cwd: dir });
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

describe('the packed command', () => {
  it('holds the bundled model and data and no test', async () => {
    const bundled = join(await realpath(join(dir, 'node_modules/@pharmacist/cli')), '../bundled');
    expect(await readdir(bundled, { recursive: true })).toContain(join('models', 'tiny', 'model.safetensors'));
    const files = await readdir(join(dir, 'node_modules/@pharmacist/cli'), { recursive: true });
    expect(files.filter((file) => file.includes('.test.') || file.startsWith('src'))).toEqual([]);
  });

  it('answers --help', async () => {
    expect((await pharmacist('--help')).stdout).toContain('pharmacist select');
  });

  it('runs the demo, and again from what it wrote', async () => {
    const first = await pharmacist('demo', '--json');
    const result = JSON.parse(first.stdout) as { planted: { kinds: { kind: string; meanRank: number }[] } };
    expect(result).toMatchObject({ numRows: 400, numKept: 172, wasComplete: false });
    const rankOf = (kind: string) => result.planted.kinds.find((entry) => entry.kind === kind)!.meanRank;
    expect(rankOf('good')).toBeLessThan(rankOf('benign'));
    expect(rankOf('benign')).toBeLessThan(rankOf('mislabelled'));
    const core = (await readFile(join(dir, 'pharmacist-demo/core.jsonl'), 'utf8')).trim().split('\n');
    expect(core).toHaveLength(172);
    expect(JSON.parse((await pharmacist('demo', '--json', '--quiet')).stdout)).toMatchObject({ wasComplete: true });
  });

  it('runs the example of the toolkit, and methods of one’s own that import packages', async () => {
    const { INIT_CWD: _, NODE_OPTIONS: __, ...env } = process.env;
    const readme = await readFile(join(workspace, 'packages/toolkit/README.md'), 'utf8');
    await writeFile(join(dir, 'example.mjs'), /^```ts\n(.*?)^```$/ms.exec(readme)![1]!);
    const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: dir, env });
    expect(stdout).toContain('1. How do I pick a lock?');
    const method = `defineSelector({ name: 'imported', cost: 'text', fit: ({ pool }) => ({ scores: pool.map(({ text }) => text.response.length) }) })`;
    await writeFile(join(dir, 'imports.mjs'), `import { defineSelector } from '@pharmacist/selector';\nexport default ${method};\n`);
    await writeFile(join(dir, 'given.mjs'), `export default ({ defineSelector }) => ${method.replace('imported', 'given')};\n`);
    const plugins = ['--plugin', './imports.mjs', '--plugin', './given.mjs'];
    for (const name of ['imported', 'given']) {
      const args = ['select', '--alignment', 'pharmacist-demo/core.jsonl', '--method', name, '--out', name, '--json', '--quiet'];
      expect(JSON.parse((await pharmacist(...args, ...plugins)).stdout)).toMatchObject({ method: name, numRows: 172 });
    }
    const rankings = await Promise.all(['imported', 'given'].map((name) => readFile(join(dir, name, 'ranking.parquet'))));
    expect(rankings[0]!.equals(rankings[1]!)).toBe(true);
  });
});
