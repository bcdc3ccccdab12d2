import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRoomIn, markUsed } from './bounded-folder.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'pharmacist-bounded-'))));
afterEach(async () => await rm(dir, { recursive: true }));

/** Files of eighty bytes, the first used longest ago. */
async function write(...names: readonly string[]): Promise<void> {
  for (const [i, name] of names.entries()) {
    await writeFile(join(dir, name), new Uint8Array(80));
    await utimes(join(dir, name), i + 1, i + 1);
  }
}

describe('a folder that is bounded', () => {
  it('loses what was used least recently, and nothing of another ending', async () => {
    await write('plain.txt', 'first.made', 'second.made', 'third.made', 'fourth.made');
    await markUsed(join(dir, 'first.made'));
    await makeRoomIn(dir, { ending: '.made', maxBytes: 170 });
    expect((await readdir(dir)).sort()).toEqual(['first.made', 'fourth.made', 'plain.txt']);
  });

  it('may be bounded by several at once, and need not be there', async () => {
    const bound = { ending: '.made', maxBytes: 100 };
    await write('first.made', 'second.made', 'third.made');
    await Promise.all([makeRoomIn(dir, bound), makeRoomIn(dir, bound), makeRoomIn(join(dir, 'missing'), bound)]);
    expect(await readdir(dir)).toEqual(['third.made']);
    await markUsed(join(dir, 'first.made'));
    expect(await readdir(dir)).toEqual(['third.made']);
  });
});
