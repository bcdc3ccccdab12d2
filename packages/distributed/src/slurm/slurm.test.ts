import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InterruptedError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratch, type Scratch } from '../../test/support/scratch.ts';
import { parseExecutor } from '../parse-executor.ts';

const FAKE = new URL('../../test/support/fake-slurm.mjs', import.meta.url);

let scratch: Scratch;
let env: Record<string, string | undefined>;
beforeEach(async () => {
  scratch = await createScratch();
  const bin = join(scratch.dir, 'bin');
  await mkdir(bin);
  await copyFile(FAKE, join(bin, 'fake.mjs'));
  for (const name of ['sbatch', 'squeue', 'scancel', 'sinfo', 'sacct']) {
    await scratch.write(`bin/${name}`, `#!/bin/sh\nFAKE_NAME=${name} exec '${process.execPath}' '${bin}/fake.mjs' "$@"\n`, 0o755);
  }
  env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, FAKE_SLURM: join(scratch.dir, 'slurm') };
});
afterEach(async () => await scratch.remove());

const executorOf = (settings: Record<string, unknown> = {}) =>
  parseExecutor('slurm', { poll: 0.1, grace: 0, ...settings }, { env }).executor;
const calls = async () => (await readFile(join(scratch.dir, 'slurm/calls'), 'utf8')).split('\n').slice(0, -1);

describe('the Slurm executor', () => {
  it('makes an array of tasks that need the same and wait for the same, and knows how every one ended', async () => {
    const { task, run } = scratch;
    const tasks = [
      task('select/a', 'console.log("it\'s \\"a\\"")'),
      task('select/b', ''),
      task('align/a', 'console.error("error E_DATA: no rows"); process.exit(2)', { after: ['select/a'], gpus: 1 }),
      task('align/b', 'note("b")', { after: ['select/b'], gpus: 1, cpus: 2 }),
      task('evaluate/a', 'note("never")', { after: ['align/a'] }),
    ];
    const statuses = await executorOf({ partition: 'p', parallel: 8, memory: '2G', time: '01:00:00' }).run(tasks, run);
    expect(Object.fromEntries(statuses.map(({ id, state }) => [id, state]))).toEqual({
      'select/a': 'done',
      'select/b': 'done',
      'align/a': 'failed',
      'align/b': 'done',
      'evaluate/a': 'skipped',
    });
    expect(statuses[2]).toMatchObject({ exitStatus: 2, node: 'fake1', attempts: 1, message: 'error E_DATA: no rows' });
    expect(await readFile(statuses[0]!.log, 'utf8')).toBe('it\'s "a"\n');
    const sent = await calls();
    expect(sent).toHaveLength(4);
    expect(sent[0]).toMatch(/--array=0-1%8 .*--cpus-per-task=1 --partition=p --time=01:00:00 --mem=2G$/u);
    expect(sent[1]).toMatch(/--array=0-0%8 .*--cpus-per-task=1 --gres=gpu:1 --dependency=afterok:100_0 --kill-on-invalid-dep=yes/u);
    expect(sent[2]).toMatch(/--cpus-per-task=2 --gres=gpu:1 --dependency=afterok:100_1/u);
  });

  it('knows that a lost machine’s task came back, and gives up after as many times as it may', async () => {
    const { task, run } = scratch;
    const kill = 'process.kill(-process.ppid, "SIGKILL");';
    const twice = `note("try"); if (require("node:fs").readFileSync("notes", "utf8").length < 10) ${kill}`;
    expect(await executorOf({ retries: 3 }).run([task('twice', twice)], run)).toMatchObject([{ state: 'done', attempts: 3 }]);
    expect(await executorOf({ retries: 1 }).run([task('always', kill)], run)).toMatchObject([
      { state: 'failed', exitStatus: 75, message: 'error: its machine was lost 2 times' },
    ]);
  });

  it('follows what an earlier client left in the queue', async () => {
    const { task, run } = scratch;
    const tasks = [task('a', 'note("a"); untilGo()'), task('b', 'note("b")', { after: ['a'] })];
    const first = executorOf().run(tasks, run);
    // All that it sends is in the queue: a client that is still sending holds the run's lock.
    while ((await scratch.notes()).length === 0 || (await calls()).length < 2) await setTimeout(20);
    const second = executorOf().run(tasks, run);
    await scratch.told('are followed');
    await scratch.write('go', '');
    expect(await second).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    await first;
    expect(await scratch.notes()).toEqual(['a', 'b']);
    expect(await calls()).toHaveLength(2);
  });

  it('cancels its jobs when the signal is aborted', async () => {
    const { task, run } = scratch;
    const abort = new AbortController();
    const tasks = [task('a', 'note("a"); setInterval(() => {}, 1000)'), task('b', 'note("b")', { after: ['a'] })];
    const ended = executorOf().run(tasks, { ...run, signal: abort.signal });
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    abort.abort();
    await expect(ended).rejects.toThrow(InterruptedError);
    expect((await calls()).at(-1)).toBe('scancel 100 101');
    expect(await scratch.notes()).toEqual(['a']);
    // What is still ending is not followed, but begun again.
    const again = await executorOf().run([task('a', 'note("again")'), task('b', 'note("b")', { after: ['a'] })], run);
    expect(again).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    expect(await scratch.notes()).toEqual(['a', 'again', 'b']);
  });

  it('knows of a task that left the queue without a word', async () => {
    const { task, run } = scratch;
    const ended = executorOf().run([task('a', 'note("a"); setInterval(() => {}, 1000)')], run);
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    const { spawnSync } = await import('node:child_process');
    spawnSync('scancel', ['100'], { env: env as NodeJS.ProcessEnv });
    expect(await ended).toMatchObject([{ state: 'failed', message: expect.stringContaining('left the queue without a word') as string }]);
  });

  it('says what sbatch refused, and that Slurm is not there', async () => {
    const { task, run } = scratch;
    await mkdir(join(scratch.dir, 'slurm'), { recursive: true });
    await writeFile(join(scratch.dir, 'slurm/refuse'), '');
    await expect(executorOf().run([task('a', '')], run)).rejects.toThrow('invalid partition specified: nowhere');
    const { executor } = parseExecutor('slurm', {}, { env: { PATH: scratch.dir } });
    await expect(executor.run([task('a', '')], run)).rejects.toThrow('cannot be started');
  });

  it('asks every node that is up', async () => {
    expect(await executorOf().probe([process.execPath, '-e', 'console.log(6 * 7)'], scratch.run)).toEqual([
      { node: 'fake1', cpus: 4, gpus: 2, exitStatus: 0, output: '42\n' },
      { node: 'fake2', cpus: 8, gpus: 0, exitStatus: undefined, output: 'is down*' },
    ]);
    expect((await calls())[0]).toContain('--nodelist=fake1');
  });
});
