import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFolderAtomic } from './atomic-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fill = async (inside: string) => {
  await writeFile(join(inside, 'file'), 'x');
  return 7;
};

it.each([
  ['a folder that is not there', async () => await Promise.resolve()],
  ['an empty folder', async () => void (await mkdir(join(folder, 'a/b'), { recursive: true }))],
])('fills %s, and leaves nothing beside it', async (_, prepare) => {
  await prepare();
  expect(await writeFolderAtomic(`${join(folder, 'a/b')}/`, fill)).toBe(7);
  expect(await readFile(join(folder, 'a/b/file'), 'utf8')).toBe('x');
  expect(await readdir(join(folder, 'a'))).toEqual(['b']);
});

it('leaves no part of a folder that could not be filled', async () => {
  const own = new Error('own');
  await expect(writeFolderAtomic(join(folder, 'a'), async (inside) => await fill(inside).then(() => Promise.reject(own)))).rejects.toBe(
    own,
  );
  expect(await readdir(folder)).toEqual([]);
});

it('takes no place of what is there', async () => {
  await fill(folder);
  const never = async () => await Promise.reject(new Error('it was called'));
  await expect(writeFolderAtomic(folder, never)).rejects.toMatchObject({ code: 'E_CONFIG', message: 'exists and is not empty' });
  await expect(writeFolderAtomic('s3://bucket/out', never)).rejects.toMatchObject({ code: 'E_CONFIG', where: 's3://bucket/out' });
  await expect(writeFolderAtomic(join(folder, 'file'), never)).rejects.toMatchObject({ code: 'E_FILE' });
  expect(await readdir(folder)).toEqual(['file']);
});
