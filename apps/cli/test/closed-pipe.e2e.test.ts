import { open, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCli } from './support/run-cli.ts';
import { createScene, type Scene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => (scene = await createScene()));
afterAll(async () => await scene.remove());

/** The status of a command whose output nobody reads, as behind `2>&1 | head` once head has ended. */
async function statusUnread(...args: string[]): Promise<number | null> {
  const { child, end } = startCli(args, { cwd: scene.dir });
  child.stdout!.destroy();
  child.stderr!.destroy();
  return (await end).status;
}

it('a command whose output nobody reads goes on to its end, and its status is its own', async () => {
  expect(await statusUnread('select', '--alignment', 'pool.jsonl', '--method', 'random', '--keep', '0.5', '--out', 'unread')).toBe(0);
  expect(JSON.parse(await readFile(scene.path('unread/run.json'), 'utf8'))).toMatchObject({ status: 'done' });
  expect(await statusUnread('inspect', 'absent.jsonl')).toBe(2);
});

it.runIf(process.platform === 'linux')('output that cannot be written is told of in one line, and is no success', async () => {
  const full = await open('/dev/full', 'w');
  const { end } = startCli(['methods'], { cwd: scene.dir, stdout: full.fd });
  const { status, stderr } = await end;
  await full.close();
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr:
      'error E_FILE standard output: cannot be written: no space left on the device. Fix: free some space, then run the same command again: it continues\n',
  });
});
