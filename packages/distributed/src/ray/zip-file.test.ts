import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { zipFile } from './zip-file.ts';

it('CRC-32 has its check value', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  expect(crc32(Buffer.alloc(0))).toBe(0);
});

it('the same files give the same bytes, laid out as the format says', () => {
  const files = { 'a.txt': Buffer.from('hello'), 'b/ü.json': Buffer.alloc(0) };
  const zip = zipFile(files);
  expect(zip.equals(zipFile(files))).toBe(true);
  const end = zip.length - 22;
  expect(zip.readUInt32LE(end)).toBe(0x06054b50);
  expect([zip.readUInt16LE(end + 8), zip.readUInt16LE(end + 10)]).toEqual([2, 2]);
  const central = zip.readUInt32LE(end + 16);
  expect(central + zip.readUInt32LE(end + 12)).toBe(end);
  expect(zip.readUInt32LE(central)).toBe(0x02014b50);
  expect(zip.readUInt32LE(central + 16)).toBe(crc32(Buffer.from('hello')));
  expect(zip.toString('utf8', 30, 35)).toBe('a.txt');
  expect(zip.toString('utf8', 35, 40)).toBe('hello');
});

/** Where there is a program that knows the format, it is asked. */
it('another program reads it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pharmacist-zip-'));
  try {
    const path = join(folder, 'x.zip');
    await writeFile(path, zipFile({ 'a.txt': Buffer.from('hello'), 'b/c.txt': Buffer.from('there') }));
    try {
      execFileSync('python3', ['-m', 'zipfile', '-e', path, folder], { stdio: 'ignore' });
    } catch {
      return;
    }
    expect(await readFile(join(folder, 'b/c.txt'), 'utf8')).toBe('there');
  } finally {
    await rm(folder, { recursive: true });
  }
});
