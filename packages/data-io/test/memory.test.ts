import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { expect, it } from 'vitest';
import { inspectRows, streamRecords } from '../src/index.ts';

const LINE = Buffer.from(`${JSON.stringify({ prompt: 'p'.repeat(500), response: 'r'.repeat(3500) })}\n`);
const MEBIBYTE = 2 ** 20;
const LINES_PER_PIECE = 64;

function* repeated(numBytes: number): Generator<Uint8Array> {
  const piece = Buffer.concat(Array.from({ length: LINES_PER_PIECE }, () => LINE));
  for (let sent = 0; sent < numBytes; sent += piece.length) yield piece;
}

/** Growth of the peak of resident memory while `numBytes` pass, in bytes. */
async function growthOf(stdin: NodeJS.ReadableStream, numExpected: number): Promise<number> {
  let numRecords = 0;
  let peak = 0;
  const before = process.memoryUsage.rss();
  for await (const { line } of streamRecords('-', { stdin, format: 'jsonl' })) {
    numRecords = line;
    if (line % 2000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  expect(numRecords).toBe(numExpected);
  return peak - before;
}

const numLines = (numBytes: number): number => Math.ceil(numBytes / (LINE.length * LINES_PER_PIECE)) * LINES_PER_PIECE;

it('passes 300 MiB through in bounded memory', async () => {
  const numBytes = 300 * MEBIBYTE;
  const growth = await growthOf(Readable.from(repeated(numBytes)), numLines(numBytes));
  // Young-generation garbage of the parser and the stream's buffers; a reader that kept the text would take 300.
  expect(growth).toBeLessThan(150 * MEBIBYTE);
});

it('passes a highly compressed stream through in bounded memory', async () => {
  const numBytes = 200 * MEBIBYTE;
  const growth = await growthOf(Readable.from(repeated(numBytes)).pipe(createGzip({ level: 1 })), numLines(numBytes));
  expect(growth).toBeLessThan(150 * MEBIBYTE);
});

it('inspects without keeping rows', async () => {
  const before = process.memoryUsage.rss();
  const numBytes = 100 * MEBIBYTE;
  const { numRows, duplicateRows } = await inspectRows('-', { stdin: Readable.from(repeated(numBytes)) });
  expect([numRows, duplicateRows.count]).toEqual([numLines(numBytes), numLines(numBytes) - 1]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEBIBYTE);
});
