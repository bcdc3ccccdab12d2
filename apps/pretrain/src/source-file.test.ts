import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError, FileError, writeFileAtomic } from '@pharmacist/core';
import { readXzRows, readXzText } from './source-file.ts';

const hasXz = spawnSync('xz', ['--version']).status === 0;

describe('source files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sources-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function writeXz(name: string, text: string): Promise<void> {
    await writeFileAtomic(join(folder, `${name}.xz`), spawnSync('xz', ['--stdout'], { input: text }).stdout);
  }

  it('names the missing file', async () => {
    await expect(readXzText(folder, 'none.txt')).rejects.toMatchObject({ where: join(folder, 'none.txt.xz'), code: 'E_FILE' });
  });

  it.skipIf(!hasXz)('reads rows, and names the line that is not JSON', async () => {
    await writeXz('rows.jsonl', '{"a":1}\n\n{"a":"é"}\n');
    expect(await readXzRows(folder, 'rows')).toEqual([{ a: 1 }, { a: 'é' }]);
    await writeXz('bad.jsonl', '{"a":1}\n{"a":\n');
    const failure = readXzRows(folder, 'bad');
    await expect(failure).rejects.toThrow(DataError);
    await expect(failure).rejects.toMatchObject({ where: `${join(folder, 'bad')}.jsonl.xz:2` });
  });

  it.skipIf(!hasXz)('refuses a damaged file', async () => {
    await writeFileAtomic(join(folder, 'damaged.txt.xz'), 'not xz');
    await expect(readXzText(folder, 'damaged.txt')).rejects.toThrow(FileError);
  });
});
