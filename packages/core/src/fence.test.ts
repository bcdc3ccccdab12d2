import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJson, writeFileAtomic } from './atomic-file.ts';
import { SupersededError } from './errors.ts';
import { holderOfRun, openRunDirectory, type RunDirectoryOptions } from './run-directory.ts';

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'pharmacist-fence-'))));
afterEach(async () => await rm(root, { recursive: true, force: true }));

const options = (order: number, task = 'select/a'): RunDirectoryOptions => ({
  path: join(root, 'out'),
  command: 'select',
  config: { seed: 0 },
  inputs: [],
  versions: {},
  resultFiles: ['core.jsonl'],
  owner: { job: 'a run', task, order },
});
const lockFile = () => join(root, 'out/.state/lock');
const holder = async () => JSON.parse(await readFile(lockFile(), 'utf8')) as Record<string, unknown>;
/** As a machine that was cut off left it. */
const moveAway = async () => await writeFile(lockFile(), JSON.stringify({ ...(await holder()), host: 'another.example' }));

describe('a run directory with an owner', () => {
  it('is taken over by the next attempt at the same task, whatever became of the machine', async () => {
    const first = await openRunDirectory(options(1));
    expect(await holder()).toMatchObject({ owner: { job: 'a run', task: 'select/a', order: 1, attempt: 1 } });
    await first.saveState('scores', { meta: { step: 1 }, arrays: {} });
    await moveAway();
    const second = await openRunDirectory(options(1));
    expect(await holder()).toMatchObject({ owner: { order: 1, attempt: 2 } });
    expect((await holderOfRun(join(root, 'out')))?.isAlive).toBe(true);
    expect(await second.loadState('scores')).toMatchObject({ meta: { step: 1 } });
    await second.close();
    expect(await holderOfRun(join(root, 'out'))).toBeUndefined();
  });

  it('lets the earlier attempt write nothing more when it comes back', async () => {
    const first = await openRunDirectory(options(1));
    await moveAway();
    const second = await openRunDirectory(options(2));
    // In one process the later fence would stand for both: the lock is made a third's.
    await moveAway();
    await expect(writeFileAtomic(first.file('core.jsonl'), 'rows')).rejects.toThrow(SupersededError);
    await expect(first.saveState('scores', { meta: {}, arrays: {} })).rejects.toThrow('another attempt has taken this run over');
    await expect(first.complete()).rejects.toThrow('the run ends without this result');
    await first.fail(new Error('anything'));
    expect(await readJson(join(root, 'out/run.json'))).toMatchObject({ status: 'running' });
    expect(await holder()).toMatchObject({ host: 'another.example' });
    await second.close();
    // Elsewhere it may.
    await writeFileAtomic(join(root, 'elsewhere'), 'text');
  });

  it('refuses an earlier attempt while a later one works, and another task', async () => {
    const run = await openRunDirectory(options(2));
    await expect(openRunDirectory(options(1))).rejects.toThrow('a later attempt works on it');
    await expect(openRunDirectory(options(3, 'select/b'))).rejects.toThrow('is in use by another run');
    await moveAway();
    await expect(openRunDirectory(options(3, 'select/b'))).rejects.toThrow('is in use on machine "another.example"');
    await run.close();
  });

  it('without one is taken from another machine by who says that it is gone, and from no live process here', async () => {
    const { owner: _, ...own } = options(0);
    const first = await openRunDirectory(own);
    await expect(openRunDirectory({ ...own, takesOver: true })).rejects.toThrow('is in use by another run');
    await moveAway();
    await expect(openRunDirectory(own)).rejects.toThrow('is in use on machine "another.example"');
    const second = await openRunDirectory({ ...own, takesOver: true });
    expect(await holder()).toMatchObject({ pid: process.pid });
    await moveAway();
    await expect(writeFileAtomic(first.file('core.jsonl'), 'rows')).rejects.toThrow(SupersededError);
    await second.close();
  });

  it('whose lock was deleted is not written to', async () => {
    const run = await openRunDirectory(options(1));
    await rm(lockFile());
    await expect(run.phase('write', () => 0)).rejects.toThrow(SupersededError);
    await run.close();
  });
});
