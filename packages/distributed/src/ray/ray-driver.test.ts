import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventsIn } from './job-package.ts';

const DRIVER = new URL('../../assets/ray_driver.py', import.meta.url);
const FAKE_RAY = fileURLToPath(new URL('../../test/support/fake-ray', import.meta.url));

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'pharmacist-driver-'))));
afterEach(async () => await rm(folder, { recursive: true }));

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What the driver says of tasks, by their ids. */
async function endsOf(tasks: Readonly<Record<string, { argv: readonly string[]; log?: string }>>): Promise<Record<string, unknown>> {
  const listed = Object.entries(tasks).map(([id, { argv, log = join(folder, 'logs', `${id}.log`) }]) => {
    return { id, argv, log, cpus: 1, gpus: 0, after: [] };
  });
  await copyFile(DRIVER, join(folder, 'ray_driver.py'));
  await writeFile(join(folder, 'tasks.json'), JSON.stringify({ cwd: folder, tasks: listed, retries: 2, parallel: null, poll: 0.1 }));
  const env = { ...process.env, PYTHONPATH: FAKE_RAY, PYTHONDONTWRITEBYTECODE: '1' };
  const output = execFileSync('python3', [join(folder, 'ray_driver.py')], { env, encoding: 'utf8' });
  const ends = eventsIn(output.split('\n')).filter((event) => event.event === 'ended');
  return Object.fromEntries(ends.map(({ task, code, problem, tail }) => [task, { code, problem, tail }]));
}

it.runIf(hasPython())('says of each task how it ended, or what was in its way', async () => {
  await mkdir(join(folder, 'logs', 'folder.log'), { recursive: true });
  await writeFile(join(folder, 'file'), '');
  const containing = (text: string) => expect.stringContaining(text) as string;
  const ends = await endsOf({
    done: { argv: ['echo', 'hello'] },
    failed: { argv: ['sh', '-c', 'echo error: no >&2; exit 3'] },
    missing: { argv: ['/no/such/program'] },
    folder: { argv: ['true'] },
    'below-file': { argv: ['true'], log: join(folder, 'file', 'x.log') },
    unthinkable: { argv: ['true', '\0'] },
    lost: { argv: ['true'] },
  });
  expect(ends).toEqual({
    done: { code: 0, problem: null, tail: 'hello\n' },
    failed: { code: 3, problem: null, tail: 'error: no\n' },
    missing: { code: null, problem: containing('cannot be started: [Errno 2]'), tail: '' },
    folder: { code: null, problem: containing('its log cannot be written: [Errno 21]'), tail: '' },
    'below-file': { code: null, problem: containing('its log cannot be written: [Errno 17]'), tail: '' },
    unthinkable: { code: null, problem: 'cannot be run: ValueError: embedded null byte', tail: '' },
    lost: { code: null, problem: 'its machine was lost 3 times: WorkerCrashedError', tail: '' },
  });
});
