import { goldenPath } from '@pharmacist/test-fixtures';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readRows } from '../read-rows.ts';
import { decodeLz4Frame } from './lz4-frame.ts';

const LONG = goldenPath('data-io', 'typed-values', 'long-lz4.feather');

/** The longest LZ4 frame of pyarrow's file: from its magic number on. What follows the end mark is not looked at. */
async function longFrame(): Promise<Uint8Array> {
  const file = await readFile(LONG);
  const starts: number[] = [];
  for (let at = file.indexOf('04224d18', 0, 'hex'); at >= 0; at = file.indexOf('04224d18', at + 1, 'hex')) starts.push(at);
  const lengths = starts.map((start, i) => (starts[i + 1] ?? file.length) - start);
  return file.subarray(starts[lengths.indexOf(Math.max(...lengths))]);
}

it('follows matches from block to block', async () => {
  const { rows } = await readRows(LONG);
  expect(rows[0]!.response).toBe(Array.from({ length: 65_000 }, (_, i) => `line ${i % 97}\n`).join(''));
});

it('takes blocks that are stored as they are', () => {
  const frame = Buffer.from('04224d186040730300008061626300000000', 'hex');
  expect(Buffer.from(decodeLz4Frame(frame)).toString()).toBe('abc');
});

it.each<[string, string, string]>([
  ['another magic number', '05224d186040730300008061626300000000', 'does not begin as it should'],
  ['nothing', '', 'does not begin as it should'],
  ['no end mark', '04224d1860407303000080616263', 'cut short'],
  ['a block beyond the end', '04224d186040730300ff80616263', 'cut short'],
  ['a match before the start', '04224d18604073040000001061020000000000', 'outside its contents'],
  ['a match without a distance', '04224d18604073040000001061000000000000', 'outside its contents'],
  ['literals beyond the end', '04224d1860407302000000f0ff00000000', 'cut short'],
])('refuses %s', (_, hex, message) => {
  expect(() => decodeLz4Frame(Buffer.from(hex, 'hex'))).toThrow(message);
});

it('ends for any damage, with an error or with no more than the blocks allow', async () => {
  const frame = await longFrame();
  for (let at = 0; at < frame.length; at += Math.ceil(frame.length / 60)) {
    for (const byte of [0x00, 0xff, frame[at]! ^ 0x10]) {
      const damaged = Uint8Array.from(frame);
      damaged[at] = byte;
      try {
        expect(decodeLz4Frame(damaged).length).toBeLessThan(255 * frame.length);
      } catch (error) {
        expect((error as Error).message).toMatch(/LZ4/);
      }
    }
  }
});
