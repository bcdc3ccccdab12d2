import { goldenPath } from '@pharmacist/test-fixtures';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows } from '../src/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

const at = temporaryFolder();
const ARROW = goldenPath('data-io', 'typed-values', 'arrow.arrow');
const TRAILER_BYTES = 10;

/** Writes the file with `change` made to it, and expects the one error of a damaged file. */
async function expectDamaged(change: (file: DataView) => void, reason: string): Promise<void> {
  const bytes = Uint8Array.from(await readFile(ARROW));
  change(new DataView(bytes.buffer));
  await writeFile(at('damaged.arrow'), bytes);
  await expect(readRows(at('damaged.arrow'))).rejects.toMatchObject({
    code: 'E_DATA',
    message: expect.stringMatching(new RegExp(`^is not a whole Arrow file: cut short or damaged \\(.*${reason}`)),
  });
}

/** Where the footer says at which byte each record batch starts. */
function batchOffsets(file: DataView): number[] {
  const end = file.byteLength - TRAILER_BYTES;
  const start = end - file.getInt32(end, true);
  const places: number[] = [];
  for (let place = start; place + 8 <= end; place += 4) {
    const offset = Number(file.getBigInt64(place, true));
    if (offset > 8 && offset < start && file.getInt32(offset, true) === -1) places.push(place);
  }
  return places;
}

it('a footer that points at the schema for a batch or a dictionary does not read it for ever', async () => {
  const places = batchOffsets(new DataView(Uint8Array.from(await readFile(ARROW)).buffer));
  expect(places.length).toBeGreaterThan(3);
  for (const place of places)
    await expectDamaged((file) => file.setBigInt64(place, 8n, true), '(record batch|dictionary) \\d is not where the file says');
});

it('offsets that go backwards or beyond the text are named', async () => {
  await expectDamaged((file) => {
    // The offsets of "How?" and "Why?": 0, 4, 8.
    for (let place = 0; place + 12 <= file.byteLength; place += 4) {
      const offsets = [0, 4, 8].map((skip) => file.getInt32(place + skip, true));
      if (offsets.join() === '0,4,8') file.setInt32(place + 4, 9, true);
    }
  }, 'offset 1 is 9|offset 2 is 8, after 9');
});
