import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { InterruptedError } from '@pharmacist/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeJobs, TOKEN } from '../../test/support/fake-jobs.ts';
import { createScratch, type Scratch } from '../../test/support/scratch.ts';
import { ExecutorError } from '../executor-error.ts';
import { parseExecutor } from '../parse-executor.ts';

let scratch: Scratch;
let cluster: FakeJobs;
let address: string;
beforeEach(async () => {
  scratch = await createScratch();
  cluster = new FakeJobs();
  address = await cluster.start();
});
afterEach(async () => {
  await cluster.stop();
  await scratch.remove();
});

const executorOf = (settings: Record<string, unknown> = {}, token = TOKEN) =>
  parseExecutor('ray', { address, poll: 0.1, grace: 0, ...settings }, { env: { RAY_AUTH_TOKEN: token } }).executor;

describe('the Ray executor', () => {
  it('sends the driver once, follows the job and knows how every task ended', async () => {
    const { task, run } = scratch;
    const tasks = [
      task('b', 'console.error("error E_DATA: no rows"); process.exit(2)', { after: ['a'] }),
      task('a', 'console.log("hello")'),
      task('c', '', { after: ['b'] }),
    ];
    cluster.lost.set('a', 2);
    const statuses = await executorOf().run(tasks, run);
    expect(statuses).toMatchObject([
      { id: 'a', state: 'done', attempts: 3, node: 'fake', exitStatus: 0, seconds: 0.5 },
      { id: 'b', state: 'failed', attempts: 1, exitStatus: 2, message: 'error E_DATA: no rows' },
      { id: 'c', state: 'skipped', message: '"b" did not succeed' },
    ]);
    expect(await readFile(statuses[0]!.log, 'utf8')).toBe('hello\n');
    expect(scratch.messages.filter((message) => message.includes('was lost'))).toHaveLength(2);
    // The same work again is another job with the same package.
    await executorOf().run(tasks, run);
    expect(cluster.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(1);
    expect(cluster.jobs.size).toBe(2);
  });

  it('follows a job that an earlier client left at work, instead of a second one', async () => {
    const { task, run } = scratch;
    const tasks = [task('a', 'note("a"); untilGo()'), task('b', 'note("b")', { after: ['a'] })];
    const first = executorOf().run(tasks, run);
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    const second = executorOf().run(tasks, run);
    await scratch.told('is at work already');
    await scratch.write('go', '');
    expect(await second).toMatchObject([{ state: 'done' }, { state: 'done' }]);
    await first;
    expect(await scratch.notes()).toEqual(['a', 'b']);
    expect(cluster.jobs.size).toBe(1);
    expect(scratch.messages.some((message) => message.includes('is at work already'))).toBe(true);
  });

  it('does what the job it followed was not told of', async () => {
    const { task, run } = scratch;
    const [a, b] = [task('a', 'note("a"); untilGo()'), task('b', 'note("b")', { after: ['a'] })];
    const first = executorOf().run([a], run);
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    const second = executorOf().run([a, b], run);
    await scratch.told('is at work already');
    await scratch.write('go', '');
    expect(await second).toMatchObject([
      { id: 'a', state: 'done' },
      { id: 'b', state: 'done' },
    ]);
    await first;
    expect(await scratch.notes()).toEqual(['a', 'b']);
  });

  it('cancels the job when the signal is aborted', async () => {
    const { task, run } = scratch;
    const abort = new AbortController();
    const ended = executorOf().run([task('a', 'note("a"); setInterval(() => {}, 1000)'), task('b', 'note("b")')], {
      ...run,
      signal: abort.signal,
    });
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    abort.abort();
    await expect(ended).rejects.toThrow(InterruptedError);
    expect([...cluster.jobs.values()][0]!.status).toBe('STOPPED');
    expect(await scratch.notes()).toEqual(['a']);
  });

  it('bears a connection that breaks, and says when there is no cluster or another token', async () => {
    const { task, run } = scratch;
    cluster.numBroken = 1;
    expect(await executorOf().run([task('a', '')], run)).toMatchObject([{ state: 'done' }]);
    await expect(executorOf({}, 'another').run([task('a', '')], run)).rejects.toThrow('refuses the token');
    cluster.numBroken = 100;
    await expect(executorOf().run([task('a', '')], run)).rejects.toThrow(ExecutorError);
  });

  it('says that the job ended before its tasks', async () => {
    const { task, run } = scratch;
    const ended = executorOf().run([task('a', 'note("a"); setInterval(() => {}, 1000)')], run);
    ended.catch(() => undefined);
    while ((await scratch.notes()).length === 0) await setTimeout(20);
    [...cluster.jobs.values()][0]!.status = 'FAILED';
    await expect(ended).rejects.toThrow('ended before its tasks: the job is FAILED');
  });

  it('asks every node, and warns of a cluster that answers anybody', async () => {
    const executor = executorOf();
    expect(await executor.probe([process.execPath, '-e', 'console.log(6 * 7)'], scratch.run)).toEqual([
      { node: 'fake', cpus: 2, gpus: 1, exitStatus: 0, output: '42\n' },
    ]);
    expect(await executor.warnings!()).toEqual([]);
    cluster.isOpen = true;
    expect(await executor.warnings!()).toEqual([expect.stringContaining('answers without a token')]);
  });
});
