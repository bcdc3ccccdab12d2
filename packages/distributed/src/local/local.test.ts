import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { InterruptedError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScratch, type Scratch } from '../../test/support/scratch.ts';
import { parseExecutor } from '../parse-executor.ts';

let scratch: Scratch;
beforeEach(async () => (scratch = await createScratch()));
afterEach(async () => await scratch.remove());

const executorOf = (settings: Record<string, unknown> = {}) => parseExecutor('local', settings, { env: process.env }).executor;
const PAUSE = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);';

describe('the local executor', () => {
  it('runs each task after those it waits for, and keeps what each printed', async () => {
    const { task, run } = scratch;
    const tasks = [
      task('last', 'note("last")', { after: ['left', 'a/right'] }),
      task('first', 'note("first"); console.log("hello"); console.error("there")'),
      task('left', 'note("left")', { after: ['first'] }),
      task('a/right', 'note("right")', { after: ['first'] }),
    ];
    const statuses = await executorOf().run(tasks, run);
    expect(statuses.map(({ id, state, attempts, exitStatus }) => ({ id, state, attempts, exitStatus }))).toEqual(
      ['first', 'left', 'a/right', 'last'].map((id) => ({ id, state: 'done', attempts: 1, exitStatus: 0 })),
    );
    const notes = await scratch.notes();
    expect([notes[0], notes.slice(1, 3).toSorted(), notes[3]]).toEqual(['first', ['left', 'right'], 'last']);
    expect(await readFile(statuses[0]!.log, 'utf8')).toBe('hello\nthere\n');
  });

  it('gives tasks no more cores than there are, each GPU to one, and at most `parallel` at once', async () => {
    const { task, run } = scratch;
    const counted = (id: string, rest: object) =>
      task(id, `note("+ " + (process.env.CUDA_VISIBLE_DEVICES ?? "")); ${PAUSE} note("-");`, rest);
    const most = async () => {
      let [now, peak] = [0, 0];
      for (const line of (await scratch.notes()).splice(0)) peak = Math.max(peak, (now += line.startsWith('+') ? 1 : -1));
      return peak;
    };
    await executorOf({ totalCpus: 4 }).run(
      Array.from({ length: 4 }, (_, i) => counted(`c${i}`, { cpus: 2 })),
      run,
    );
    expect(await most()).toBe(2);
    await executorOf({ totalCpus: 4, parallel: 1 }).run(
      Array.from({ length: 3 }, (_, i) => counted(`p${i}`, {})),
      run,
    );
    const notes = (await scratch.notes()).slice(8);
    expect(notes).toEqual(['+ ', '-', '+ ', '-', '+ ', '-']);
    await executorOf({ totalCpus: 4, totalGpus: 2 }).run(
      Array.from({ length: 4 }, (_, i) => counted(`g${i}`, { gpus: 1 })),
      run,
    );
    const gpus = (await scratch.notes()).slice(14).filter((line) => line.startsWith('+'));
    expect(gpus.toSorted()).toEqual(['+ 0', '+ 0', '+ 1', '+ 1']);
  });

  it('lets a failing task end only those that wait for it, and says what it said once', async () => {
    const { task, run } = scratch;
    const tasks = [
      task('bad', 'console.error("progress"); console.error("error E_DATA pool: no rows"); process.exit(2)'),
      task('after', 'note("never")', { after: ['bad'] }),
      task('later', 'note("never")', { after: ['after'] }),
      task('other', 'note("other")'),
    ];
    const statuses = await executorOf({ retries: 3 }).run(tasks, run);
    expect(Object.fromEntries(statuses.map(({ id, state }) => [id, state]))).toEqual({
      bad: 'failed',
      after: 'skipped',
      later: 'skipped',
      other: 'done',
    });
    expect(statuses[0]).toMatchObject({ exitStatus: 2, attempts: 1, message: 'error E_DATA pool: no rows' });
    expect(await scratch.notes()).toEqual(['other']);
  });

  it('starts a task again that was killed from outside, and no more often than it may', async () => {
    const { task, run } = scratch;
    const twice = 'note("try"); if (require("node:fs").readFileSync("notes", "utf8").length < 10) process.kill(process.pid, "SIGKILL");';
    const [status] = await executorOf({ retries: 3 }).run([task('killed', twice)], run);
    expect(status).toMatchObject({ state: 'done', attempts: 3 });
    expect(scratch.messages).toEqual([2, 3].map((n) => `killed: its machine was lost; attempt ${n}`));
    const [gone] = await executorOf({ retries: 1 }).run([task('always', 'process.kill(process.pid, "SIGKILL")')], run);
    expect(gone).toMatchObject({ state: 'failed', attempts: 2, message: 'was ended by SIGKILL' });
  });

  it('asks what is at work to stop when the signal is aborted, and starts nothing more', async () => {
    const { task, run } = scratch;
    const abort = new AbortController();
    const tasks = [
      task('long', 'process.on("SIGTERM", () => { note("stopped"); process.exit(130); }); note("begun"); setInterval(() => {}, 1000)'),
      task('next', 'note("never")', { after: ['long'] }),
    ];
    const ended = executorOf().run(tasks, { ...run, signal: abort.signal });
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    abort.abort();
    await expect(ended).rejects.toThrow(InterruptedError);
    expect(await scratch.notes()).toEqual(['begun', 'stopped']);
  });

  it('stops what is at work when a log cannot be written, and starts nothing more', async () => {
    const { task, run } = scratch;
    await mkdir(join(run.dir, 'logs', 'unlogged.log'), { recursive: true });
    const begun = 'require("node:fs").writeFileSync("go", "");';
    const tasks = [
      task('long', `process.on("SIGTERM", () => { note("stopped"); process.exit(130); }); ${begun} setTimeout(() => {}, 20000)`),
      task('first', 'untilGo()'),
      task('unlogged', 'note("never")', { after: ['first'] }),
      task('next', 'note("never")', { after: ['first'] }),
    ];
    await expect(executorOf({ totalCpus: 2 }).run(tasks, run)).rejects.toMatchObject({
      code: 'E_FILE',
      where: join(run.dir, 'logs', 'unlogged.log'),
    });
    expect(await scratch.notes()).toEqual(['stopped']);
    expect(scratch.changes.filter(({ id }) => id === 'next')).toEqual([]);
  });

  it('says why a program cannot be started, and refuses what does not fit', async () => {
    const { task, run } = scratch;
    const [status] = await executorOf().run([{ ...task('none', ''), argv: ['/no/such/program'] }], run);
    expect(status).toMatchObject({ state: 'failed', message: expect.stringContaining('cannot be started') as string });
    await expect(executorOf().run([task('big', '', { gpus: 1 })], run)).rejects.toThrow('needs 1 cores and 1 GPUs');
  });

  it('asks this machine for an answer', async () => {
    const [answer] = await executorOf().probe([process.execPath, '-e', 'console.log(6 * 7)'], scratch.run);
    expect(answer).toMatchObject({ exitStatus: 0, output: '42\n' });
  });
});

describe('an executor by name', () => {
  it('says every setting that is wrong', () => {
    expect(() => parseExecutor('locale', {}, { env: {} })).toThrow('Did you mean "local"?');
    expect(() => parseExecutor('local', { paralel: 2, retries: -1 }, { env: {} })).toThrow(
      /retries: [^\n]*\n"paralel" is unknown. Did you mean "parallel"/u,
    );
    expect(() => parseExecutor('ray', { address: 'http://127.0.0.1:1' }, { env: {} })).toThrow('there is no token');
    expect(() => parseExecutor('ray', { address: '127.0.0.1:1' }, { env: { RAY_AUTH_TOKEN: 'x' } })).toThrow('expected the dashboard');
  });
});
