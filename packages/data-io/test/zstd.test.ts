import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { InterruptedError } from '@pharmacist/core';
import { expect, it } from 'vitest';
import xxhash from 'xxhash-wasm';
import { readRows, streamRecords, type StreamOptions } from '../src/index.ts';

const ROW = '{"prompt":"p","response":"r"}\n';
const [RAW, REPEATED] = [0, 1];
const MAX_BLOCK_BYTES = 2 ** 17;

/** One block: its contents, or one byte and how often. */
function block(type: number, contents: Buffer, size = contents.length, isLast = false): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32LE((size << 3) | (type << 1) | Number(isLast));
  return Buffer.concat([header.subarray(0, 3), contents]);
}

interface Header {
  windowLog?: number;
  contentBytes?: bigint;
  hasDictionary?: boolean;
}

function frame(blocks: readonly Buffer[], { windowLog = 17, contentBytes, hasDictionary = false }: Header = {}): Buffer {
  const size = Buffer.alloc(contentBytes === undefined ? 0 : 8);
  if (contentBytes !== undefined) size.writeBigUInt64LE(contentBytes);
  const descriptor = (contentBytes === undefined ? 0 : 0xc0) | Number(hasDictionary);
  const id = hasDictionary ? Buffer.of(7) : Buffer.alloc(0);
  return Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.of(descriptor, (windowLog - 10) << 3), id, size, ...blocks]);
}

const sound = (options?: Header): Buffer => frame([block(RAW, Buffer.from(ROW)), block(RAW, Buffer.from(ROW), ROW.length, true)], options);
const skippable = (length: number, contents = Buffer.alloc(length)): Buffer => {
  const header = Buffer.from('532a4d1800000000', 'hex');
  header.writeUInt32LE(length, 4);
  return Buffer.concat([header, contents]);
};
/** A row whose answer is very long, in blocks that repeat one byte; the frame never ends. */
function* endless(numBlocks: number): Generator<Buffer> {
  yield frame([]);
  for (let i = 0; i < numBlocks; i++) yield block(REPEATED, Buffer.from('a'), MAX_BLOCK_BYTES);
}

const read = async (bytes: Buffer | Iterable<Buffer>, options: StreamOptions = {}) =>
  await readRows('-', { stdin: Readable.from(Buffer.isBuffer(bytes) ? [bytes] : bytes), format: 'jsonl', ...options });

it('reads frames with and without their size, one after another, and passes over frames to be skipped', async () => {
  const { rows } = await read(
    Buffer.concat([sound({ contentBytes: BigInt(2 * ROW.length) }), skippable(5), sound({ windowLog: 27 }), skippable(0)]),
  );
  expect(rows).toHaveLength(4);
});

it.each<[string, Buffer, string]>([
  ['a window of a gigabyte', sound({ windowLog: 30 }), 'needs a window of 1,024 MiB to be unpacked; up to 128 MiB are read here'],
  ['a window of terabytes', sound({ windowLog: 41 }), 'needs a window of 2,097,152 MiB'],
  ['a dictionary', sound({ hasDictionary: true }), 'was compressed with a dictionary'],
  [
    'a size that is not its contents',
    sound({ contentBytes: 2n ** 40n }),
    'is not valid zstd (a frame of 60 bytes that should have 1099511627776)',
  ],
  ['a block of an unknown type', frame([block(3, Buffer.from(ROW))]), 'is not valid zstd (invalid block type or size)'],
  ['a block that is too large', frame([block(REPEATED, Buffer.from('a'), 2 ** 20)]), 'is not valid zstd (invalid block type or size)'],
  ['what follows a frame', Buffer.concat([sound(), Buffer.from('more')]), 'is not valid zstd (invalid zstd data)'],
  ['a frame to be skipped that is cut short', Buffer.concat([sound(), skippable(2 ** 32 - 16, Buffer.from('x'))]), 'is cut short'],
  ['a frame that is cut short', sound().subarray(0, -1), 'is cut short'],
])('refuses %s', async (_, bytes, message) => {
  await expect(read(bytes)).rejects.toMatchObject({ code: 'E_DATA', message: expect.stringContaining(message), hint: expect.anything() });
});

it('compares checksums', async () => {
  const checked = frame([block(RAW, Buffer.from(ROW), ROW.length, true)]);
  checked[4]! |= 4;
  const { create64 } = await xxhash();
  const sum = Buffer.alloc(8);
  sum.writeBigUInt64LE(create64().update(Buffer.from(ROW)).digest());
  expect((await read(Buffer.concat([checked, sum.subarray(0, 4), sound()]))).rows).toHaveLength(3);
  checked[checked.length - 3]! ^= 1;
  await expect(read(Buffer.concat([checked, sum.subarray(0, 4)]))).rejects.toMatchObject({
    code: 'E_DATA',
    message: 'is not valid zstd (the checksum is wrong)',
  });
});

it('refuses what unpacks to far more than any text, in memory of its window', async () => {
  const before = process.memoryUsage.rss();
  await expect(read([...endless(2 ** 15)])).rejects.toMatchObject({
    code: 'E_DATA',
    message: 'unpacks to more than 1,000 times its size',
    hint: 'if that is right, unpack it with zstd -d and name the result',
  });
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 2 ** 20);
});

it('reads a text of 1,000 times its size as long as it is short', async () => {
  const { rows } = await read(gzipSync(Buffer.from(ROW.repeat(20_000))));
  expect(rows).toHaveLength(20_000);
});

it('stops between two blocks', async () => {
  const controller = new AbortController();
  const stdin = Readable.from(endless(2 ** 15));
  setTimeout(() => controller.abort(), 200);
  const reading = (async () => {
    for await (const _ of streamRecords('-', { stdin, format: 'jsonl', signal: controller.signal }));
  })();
  await expect(reading).rejects.toBeInstanceOf(InterruptedError);
});
