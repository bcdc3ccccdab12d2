import { chmod, mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileIdentity, identityOf, KnownFiles } from './known-files.ts';

const FACTS = { sha256: 'a'.repeat(64), finite: 'b'.repeat(64) };

let folder: string;
let path: string;
let dir: string;
let known: KnownFiles;
/** A minute from now: every file has settled. */
const later = () => Date.now() + 60_000;
/** Longer than a tick of the file system's clock. */
const tick = async () => await setTimeout(20);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'known-files-'));
  path = join(folder, 'model.safetensors');
  dir = join(folder, 'cache');
  await writeFile(path, 'weights');
  known = new KnownFiles({ dir, minBytes: 1, now: later });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function identity(): Promise<FileIdentity> {
  const file = await open(path);
  try {
    return await identityOf(file);
  } finally {
    await file.close();
  }
}

async function entryPath(): Promise<string> {
  return join(dir, (await readdir(dir))[0]!);
}

describe('a file that was read', () => {
  it('is recalled as long as it is the same', async () => {
    expect(await known.recall(await identity())).toBeUndefined();
    await known.remember(await identity(), FACTS);
    expect(await known.recall(await identity())).toEqual(FACTS);
  });

  it('is another with other bytes of the same length and the old time', async () => {
    const time = new Date(1e12);
    await utimes(path, time, time);
    await known.remember(await identity(), FACTS);
    await tick();
    const file = await open(path, 'r+');
    await file.write('WEIGHTS', 0);
    await file.close();
    await utimes(path, time, time);
    expect(await known.recall(await identity())).toBeUndefined();
  });

  it('is another where one was put in its place', async () => {
    await known.remember(await identity(), FACTS);
    await tick();
    await rm(path);
    await writeFile(path, 'WEIGHTS');
    expect(await known.recall(await identity())).toBeUndefined();
  });

  it('is not remembered within two seconds of a change', async () => {
    const soon = new KnownFiles({ dir, minBytes: 1, now: () => Date.now() + 1000 });
    await soon.remember(await identity(), FACTS);
    expect(await known.recall(await identity())).toBeUndefined();
  });

  it('is not remembered if it is small, or nothing is to be', async () => {
    await new KnownFiles({ dir, now: later }).remember(await identity(), FACTS);
    await expect(readdir(dir)).rejects.toThrow('ENOENT');
    process.env['PHARMACIST_REHASH'] = '1';
    process.env['XDG_CACHE_HOME'] = dir;
    try {
      await new KnownFiles({ minBytes: 1, now: later }).remember(await identity(), FACTS);
      await expect(readdir(dir)).rejects.toThrow('ENOENT');
      process.env['PHARMACIST_REHASH'] = '0';
      await new KnownFiles({ minBytes: 1, now: later }).remember(await identity(), FACTS);
      expect(await readdir(join(dir, 'pharmacist', 'files'))).toHaveLength(1);
    } finally {
      delete process.env['PHARMACIST_REHASH'];
      delete process.env['XDG_CACHE_HOME'];
    }
  });
});

describe('an entry', () => {
  it.each([
    ['is cut off', (text: string) => text.slice(0, 40)],
    ['has no hash', (text: string) => text.replace(FACTS.sha256, 'no hash')],
    ['says more than is known of', (text: string) => text.replace('{', '{ "more": 1,')],
  ])('that %s counts as none', async (_, damage) => {
    await known.remember(await identity(), FACTS);
    await writeFile(await entryPath(), damage(await readFile(await entryPath(), 'utf8')));
    expect(await known.recall(await identity())).toBeUndefined();
  });

  it.skipIf(process.platform === 'win32')('that everybody may write counts as none', async () => {
    await known.remember(await identity(), FACTS);
    await chmod(await entryPath(), 0o666);
    expect(await known.recall(await identity())).toBeUndefined();
  });

  it('that cannot be written is done without', async () => {
    await writeFile(dir, 'a file where the folder should be');
    await known.remember(await identity(), FACTS);
    expect(await known.recall(await identity())).toBeUndefined();
  });
});
