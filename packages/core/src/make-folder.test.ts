import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';
import { makeFolder } from './make-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes what is missing, and what is there stays', async () => {
  for (let times = 0; times < 2; times++) await makeFolder(join(folder, 'a/b/c'));
  expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true);
});

it('gives the reason where a file is in the way', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file/below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it.runIf(process.platform === 'linux')('gives up where every new folder is said not to exist', async () => {
  await expect(makeFolder('/proc/nowhere/below')).rejects.toMatchObject({ code: 'ENOENT' });
});

it('names a read-only file system, which Node calls a folder that does not exist', async (context) => {
  const mount = join(folder, 'mount');
  await mkdir(mount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', mount], { stdio: 'ignore' });
  } catch {
    // Only root may.
    context.skip();
  }
  try {
    for (const path of [join(mount, 'run.json'), join(mount, 'a/b/run.json')]) {
      await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({
        message: 'cannot be written: the file system is read-only',
        hint: 'choose another folder',
      });
    }
  } finally {
    execFileSync('umount', [mount]);
  }
});
