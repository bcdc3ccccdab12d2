import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

const row = (prompt: string, more: object = {}) => `${JSON.stringify({ prompt, response: 'So.', ...more })}\n`;
const LFS = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 123\n`;

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
  await mkdir(scene.path('set'));
  await scene.write('set/train.jsonl', row('train 1') + row('train 2'));
  await scene.write('set/test.jsonl', row('test'));
  await scene.write('more.csv', 'prompt,response\nmore,So.\n');
  await scene.write('context.jsonl', row('a', { context: 'c' }) + row('b', { context: '' }));
});
afterAll(async () => await scene.remove());

/** A cheap selection of everything in a pool. */
const select = async (...args: string[]) => await selectWith('model', ...args);
const selectWith = async (model: string, ...args: string[]) =>
  await runHere(['select', '--model', model, '--method', 'random', '--max-length', '64', '--keep', '1', ...args], { cwd: scene.dir });

interface Selected {
  warnings: string[];
  record: { inputs: { role: string; source: string; files?: { source: string }[] }[] };
}

describe('rows from more than one file', () => {
  it('are a pool, with every file in the record; the same command again finds it done', async () => {
    for (const wasComplete of [false, true]) {
      const args = ['--alignment', 'set', '--alignment', 'more.csv', '--split', 'train', '--out', 'many', '--json'];
      const { status, stdout, stderr } = await select(...args);
      expect(status, stderr).toBe(0);
      const { record, ...result } = JSON.parse(stdout) as Selected;
      expect(result).toMatchObject({ numRows: 3, wasComplete, warnings: [] });
      expect(record.inputs[0]).toMatchObject({
        role: 'alignment',
        source: 'set, more.csv',
        files: [{ source: 'set/train.jsonl' }, { source: 'more.csv' }],
      });
    }
    const core = (await readFile(scene.path('many/core.jsonl'), 'utf8')).trim().split('\n');
    expect(core.map((line) => (JSON.parse(line) as { prompt: string }).prompt).sort()).toEqual(['more', 'train 1', 'train 2']);
  });

  it('name the split to choose, and the pattern that matches nothing', async () => {
    expect(await select('--alignment', 'set', '--out', 'never')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('set: has the splits train, test. Fix: choose one: --split train') as string,
    });
    expect(await select('--alignment', 'set/*.parquet', '--out', 'never')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('set/*.parquet: matches no file') as string,
    });
    expect(await select('--alignment', '', '--out', 'never')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--alignment is empty') as string,
    });
  });

  it('that a shell made of a pattern without quotes: says what to do', async () => {
    expect(await select('--alignment', 'set/train.jsonl', 'set/test.jsonl', '--out', 'never')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'argument "set/test.jsonl" is unknown. An option takes one name: repeat it, or put a pattern in quotes.',
      ) as string,
    });
  });

  it('are inspected as one', async () => {
    const { stdout, stderr } = await runHere(['inspect', 'set/*.jsonl', 'set/train.jsonl'], { cwd: scene.dir });
    expect({ stdout, stderr }).toMatchObject({ stdout: '', stderr: expect.stringContaining('set/train.jsonl: is named twice') as string });
    const found = await runCli(['inspect', 'set/test.jsonl', '-', 'context.jsonl'], { cwd: scene.dir, input: row('piped') });
    expect(found.stdout).toContain('set/test.jsonl, standard input, context.jsonl: 4 records, all valid');
    expect(found.stdout).toContain('jsonl, 3 files, ');
  });
});

describe('a field that looks like part of the prompt', () => {
  it('is named by inspect, with the way to join it', async () => {
    const { stdout } = await runHere(['inspect', 'context.jsonl'], { cwd: scene.dir });
    expect(stdout).toMatch(
      /^Problems\n {2}field "context" looks like part of the prompt and is left out of it \(1 row\)\n {2}Fix: if answers/m,
    );
    expect(stdout).toContain('--map prompt=context+prompt');
    const joined = await runHere(['inspect', 'context.jsonl', '--map', 'prompt=context+prompt'], { cwd: scene.dir });
    expect(joined.stdout).toMatch(/^Problems\n {2}none$/m);
  });

  it('is warned of once by select, and not where a map names the prompt', async () => {
    const { stderr } = await select('--alignment', 'context.jsonl', '--out', 'context');
    expect(stderr.match(/left out of the prompts, though by its name part of them: "context" \(1 of 2 rows\)/g)).toHaveLength(1);
    expect((await select('--alignment', 'context.jsonl', '--map', 'prompt=prompt', '--out', 'mapped')).stderr).not.toContain('left out');
  });
});

describe('a Git LFS pointer is named as one, once', () => {
  it('for rows', async () => {
    await scene.write('lfs.jsonl', LFS);
    const { status, stderr } = await select('--alignment', 'lfs.jsonl', '--out', 'never');
    expect({ status, errors: stderr.match(/^error .*$/gm) }).toEqual({
      status: 2,
      errors: [
        expect.stringMatching(
          /^error E_DATA lfs\.jsonl: is a Git LFS pointer: the rows themselves were not downloaded\. Fix: .*git lfs pull/,
        ) as string,
      ],
    });
  });

  it.each(['model.safetensors', 'tokenizer.json'])('for a %s', async (file) => {
    await cp(scene.path('model'), scene.path('clone'), { recursive: true });
    await writeFile(scene.path(`clone/${file}`), LFS);
    const { status, stderr } = await selectWith('clone', '--alignment', 'more.csv', '--out', 'never');
    expect({ status, errors: stderr.match(/^error .*$/gm) }).toEqual({
      status: 2,
      errors: [expect.stringContaining(`clone/${file}: is a Git LFS pointer: the contents of the model were not downloaded`) as string],
    });
    await cp(scene.path(`model/${file}`), scene.path(`clone/${file}`));
  });
});
