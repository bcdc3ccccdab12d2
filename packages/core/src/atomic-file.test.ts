import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathExists, readJson, readText, writeFileAtomic, writeJsonAtomic } from './atomic-file.ts';
import { DataError, FileError, type PharmacistError } from './errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pharmacist-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const describeFault = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => expect.fail('no error'),
    (error: PharmacistError) => {
      expect(error).toBeInstanceOf(FileError);
      return error.describe();
    },
  );

/** Two pieces and then an operating-system error, as a disk that fills up while a file is written. */
async function* failing(error: Error): AsyncIterable<string> {
  yield 'new ';
  yield 'half';
  throw error;
}

describe('writeFileAtomic', () => {
  it.each([
    ['text', 'héllo'],
    ['bytes', new TextEncoder().encode('héllo')],
    ['pieces', ['hé', new TextEncoder().encode('llo')]],
    [
      'a stream',
      (async function* () {
        yield 'hél';
        yield 'lo';
      })(),
    ],
    ['no pieces', []],
  ])('writes %s, over what was there, and leaves nothing beside it', async (kind, contents) => {
    const path = join(folder, 'file');
    await writeFile(path, 'something longer that was here before');
    await writeFileAtomic(path, contents);
    expect(await readFile(path, 'utf8')).toBe(kind === 'no pieces' ? '' : 'héllo');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('makes the folders of the path', async () => {
    await writeFileAtomic(join(folder, 'a/b/file'), 'x');
    expect(await readText(join(folder, 'a/b/file'))).toBe('x');
  });

  it('keeps the old file and no part of the new one when the disk is full', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'old');
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' });
    expect(await describeFault(writeFileAtomic(path, failing(full)))).toBe(
      `E_FILE ${path}: cannot be written: no space left on the device. Fix: free some space, then run the same command again: it continues`,
    );
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it("passes an error of the contents' own on, unchanged", async () => {
    const own = new DataError('row 3 is empty');
    await expect(writeFileAtomic(join(folder, 'file'), failing(own))).rejects.toBe(own);
    expect(await readdir(folder)).toEqual([]);
  });

  it('names a folder or a file in the way', async () => {
    await mkdir(join(folder, 'there/inside'), { recursive: true });
    expect(await describeFault(writeFileAtomic(join(folder, 'there'), 'x'))).toContain('is a folder. Fix: name a file');
    await writeFile(join(folder, 'file'), 'x');
    const inTheWay = 'a part of the path is a file, not a folder';
    expect(await describeFault(writeFileAtomic(join(folder, 'file/below'), 'x'))).toContain(inTheWay);
    expect(await describeFault(writeFileAtomic(join(folder, 'file/below/below'), 'x'))).toContain(inTheWay);
    expect(await describeFault(writeFileAtomic(join(folder, 'n'.repeat(300)), 'x'))).toContain('the name is too long');
    expect((await readdir(folder)).sort()).toEqual(['file', 'there']);
  });
});

it('a file whose name is not UTF-8 is named as such: it reaches the program changed', async () => {
  await writeFile(Buffer.concat([Buffer.from(join(folder, 'caf')), Buffer.from([0xe9])]), 'x');
  const [name] = await readdir(folder);
  expect(await describeFault(readText(join(folder, name!)))).toBe(
    `E_FILE ${join(folder, 'caf\ufffd')}: cannot be read: no file has this name, or its name is not UTF-8 text and reaches the program ` +
      'changed. Fix: rename the file, or read it through a pipe: `-`',
  );
});

describe('JSON files', () => {
  it('are indented, end with a newline and read back', async () => {
    const path = join(folder, 'run.json');
    await writeJsonAtomic(path, { seed: 0 });
    expect(await readText(path)).toBe('{\n  "seed": 0\n}\n');
    expect(await readJson(path)).toEqual({ seed: 0 });
  });

  it('that are missing or damaged are named', async () => {
    const path = join(folder, 'run.json');
    expect(await describeFault(readJson(path))).toBe(`E_FILE ${path}: cannot be read: does not exist. Fix: check the path`);
    await writeFile(path, '{"seed": ');
    expect(await describeFault(readJson(path))).toMatch(/run\.json: is not valid JSON \(.+\)\. Fix: restore the file or delete it$/);
    await writeFile(path, '['.repeat(1000) + ']'.repeat(1000));
    expect(await describeFault(readJson(path))).toContain('is not valid JSON (arrays and objects are nested deeper than 500)');
  });

  it.skipIf(process.platform === 'win32')('that do not end are not read to the end of memory', async () => {
    expect(await describeFault(readText('/dev/zero'))).toBe(
      'E_FILE /dev/zero: has more than 256 MiB, more than a file of this kind can have. Fix: name the right file, or restore it',
    );
  });
});

describe('pathExists', () => {
  it('says whether anything is there', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await pathExists(folder)).toBe(true);
    expect(await pathExists(join(folder, 'file'))).toBe(true);
    expect(await pathExists(join(folder, 'none'))).toBe(false);
    expect(await pathExists(join(folder, 'file/below'))).toBe(false);
  });
});
