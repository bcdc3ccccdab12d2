import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LOADER, runCli, startCli } from './support/run-cli.ts';
import { runHere } from './support/run-here.ts';
import { createScene, type Scene } from './support/scene.ts';

const RESULTS = ['ranking.parquet', 'core.jsonl'];
const SETTINGS = ['checkpoints=[0,6,12]', 'harmfulRows=8', 'trainBatchSize=8'].flatMap((setting) => ['--set', setting]);
const rowsOf = ['--alignment', 'pool.jsonl', '--harmful', 'harmful.jsonl', '--validation', 'trusted.jsonl'];
const task = ['select', '--method', 'bilevel', ...rowsOf, ...SETTINGS, '--model', 'model', '--max-length', '96', '--json'];
const argsFor = (out: string) => [...task, '--out', out];

let scene: Scene;
const resultsOf = async (out: string) =>
  await Promise.all(RESULTS.map(async (file) => await readFile(scene.path(`${out}/${file}`), 'hex')));
let unbroken: string[];

beforeAll(async () => {
  scene = await createScene();
  await scene.write('pool.jsonl', (await readFile(scene.path('pool.jsonl'), 'utf8')).split('\n').slice(0, 24).join('\n'));
  const { status, stderr } = await runHere(argsFor('whole'), { cwd: scene.dir });
  if (status !== 0) throw new Error(stderr);
  unbroken = await resultsOf('whole');
});
afterAll(async () => await scene.remove());

/** By default in this process: another than the one that ended. */
async function continued(out: string, run: typeof runHere = runHere): Promise<void> {
  const { status, stdout, stderr } = await run(argsFor(out), { cwd: scene.dir });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ numRows: 24, numKept: 10, wasComplete: false });
  expect(await resultsOf(out)).toEqual(unbroken);
}

describe('a selection that is stopped', () => {
  it('by SIGINT says how to go on, and the same command ends with the same bytes', async () => {
    const { child, said, end } = startCli(argsFor('interrupted'), { cwd: scene.dir });
    await said('Round 1 of 3');
    child.kill('SIGINT');
    const { status, stdout, stderr } = await end;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toContain('The same command continues');
    await expect(access(scene.path('interrupted/ranking.parquet'))).rejects.toThrow('ENOENT');
    await continued('interrupted', runCli);
  });

  it('from source, by SIGTERM to its whole group, as package managers send it, stops in good order', async () => {
    const { child, said, end } = startCli(argsFor('terminated'), { cwd: scene.dir, isGroup: true, isFromSource: true });
    await said('engine: ');
    process.kill(-child.pid!, 'SIGTERM');
    const { status, stdout, stderr } = await end;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr.split('\n').at(-2)).toBe('Stopped. The same command continues where it was.');
    expect(stderr).not.toContain('TransformError');
    await continued('terminated');
  });

  it.each(['engine: ', 'Round 1 of 3: row influences', 'Round 2 of 3'])(
    'by SIGKILL after "%s" ends with the same bytes',
    async (moment) => {
      const out = `killed-${moment.replaceAll(/\W+/g, '-')}`;
      const { child, said, end } = startCli(argsFor(out), { cwd: scene.dir });
      await said(moment);
      child.kill('SIGKILL');
      expect((await end).status).toBeNull();
      await continued(out);
    },
  );

  it('is found finished afterwards, and nothing is computed again', async () => {
    const { stdout, stderr } = await runHere(argsFor('whole'), { cwd: scene.dir });
    expect(JSON.parse(stdout)).toMatchObject({ wasComplete: true, numKept: 10 });
    expect(stderr).not.toContain('Round');
    expect(await resultsOf('whole')).toEqual(unbroken);
  });
});

it('ends at once by a second SIGINT, though it waits for a pipe that nobody writes into', async () => {
  await promisify(execFile)('mkfifo', [scene.path('pipe.jsonl')]);
  const { child, said, end } = startCli(['select', '--alignment', 'pipe.jsonl', '--out', 'never'], { cwd: scene.dir });
  // Opens as soon as somebody reads.
  const opened = async () => await open(scene.path('pipe.jsonl'), constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
  const silent = await vi.waitUntil(opened, { timeout: 60_000, interval: 20 });
  child.kill('SIGINT');
  await said('once more stops at once');
  child.kill('SIGINT');
  await end;
  await silent.close();
  expect(child.signalCode).toBe('SIGINT');
});

describe('a program from source', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'compiles what it still needs after %s to its whole group, its compiler included',
    async (signal) => {
      const main = `
      const waiting = setInterval(() => {}, 1000);
      process.once('${signal}', async () => {
        const { word }: { word: string } = await import('./later.ts');
        console.log(word);
        clearInterval(waiting);
      });
      console.log('waits');`;
      await scene.write('waits.ts', main);
      await scene.write('later.ts', `export const word: string = 'in good order';`);
      const child = spawn(process.execPath, ['--import', LOADER, 'waits.ts'], {
        cwd: scene.dir,
        env: { ...process.env, PHARMACIST_TYPESCRIPT_CACHE: scene.path(`compiled-${signal}`) },
        stdio: 'pipe',
        detached: true,
      });
      const said = { stdout: '', stderr: '' };
      for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (piece) => (said[stream] += String(piece)));
      const end = once(child, 'close');
      await expect.poll(() => said.stdout, { timeout: 60_000, interval: 5 }).toBe('waits\n');
      process.kill(-child.pid!, signal);
      expect(await end).toEqual([0, null]);
      expect(said).toEqual({ stdout: 'waits\nin good order\n', stderr: '' });
    },
  );
});
