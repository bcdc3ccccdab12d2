import { resolve } from 'node:path';
import type { FormatContext, SourceRecord } from '../formats/record.ts';
import { withRandomAccess } from '../source/random-access.ts';
import type { RowFile } from '../source/row-file.ts';
import { errorOfFailure } from './decoder-client.ts';
import { giveBackDecoder, takeDecoder } from './decoder-pool.ts';
import type { ApartFormat } from './decoder-protocol.ts';
import { unpackRecords } from './record-batch.ts';

/** What a decoder may use beside what the size of the file gives it: small files stay below a gigabyte, all processes together. */
const BASE_MEGABYTES = 640;
/** A byte of a file may become text of many, in several forms at once; ordinary files take less than half of this. */
const MEMORY_PER_BYTE = 16;
const STEP_BYTES = 4 * 2 ** 20;
const BASE_MS = 15_000;
/** Ordinary files are decoded a hundred times as fast. */
const MIN_BYTES_PER_MS = 500;

const HINT = {
  parquet: 'copy or download the file again; if it is whole, write it again with smaller row groups (in pyarrow: row_group_size=10000)',
  arrow: 'copy or download the file again; if it is whole, write it again with smaller batches (in pyarrow: max_chunksize=10000)',
};

/**
 * The records of a Parquet or Arrow file, decoded in a process of its own: one that damage makes run on, or that takes more memory or time
 * than the size of the file allows, is ended, and so it is when the signal is aborted.
 * @throws {DataError} if the file is cut short or damaged. @throws {InterruptedError} at once on abort.
 */
export async function* readApart(format: ApartFormat, file: RowFile, context: FormatContext): AsyncGenerator<SourceRecord> {
  yield* withRandomAccess(file, (path, numBytes) => recordsOfFile(format, path, numBytes, context));
}

async function* recordsOfFile(
  format: ApartFormat,
  path: string,
  numBytes: number,
  { label, onProblem, signal }: FormatContext,
): AsyncGenerator<SourceRecord> {
  const decoder = takeDecoder(BASE_MEGABYTES + (Math.ceil(numBytes / STEP_BYTES) * STEP_BYTES * MEMORY_PER_BYTE) / 2 ** 20);
  // Only the process's own work counts: what is done with the records meanwhile may take as long as it likes.
  let timeoutMs = BASE_MS + numBytes / MIN_BYTES_PER_MS;
  let isDone = false;
  try {
    // The process may have begun in another working directory.
    decoder.send({ type: 'read', format, path: resolve(path), label });
    for (;;) {
      const before = decoder.spentMs;
      const reply = await decoder.reply({ label, timeoutMs, hint: HINT[format], signal });
      timeoutMs -= Math.max(0, decoder.spentMs - before);
      isDone = reply.type !== 'batch';
      if (reply.type === 'end') return;
      if (reply.type === 'failed') throw errorOfFailure(reply);
      decoder.send({ type: 'more' });
      yield* unpackRecords(reply, onProblem);
    }
  } finally {
    if (isDone) giveBackDecoder(decoder);
    else decoder.kill();
  }
}
