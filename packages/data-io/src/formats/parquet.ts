import { DataError, PharmacistError } from '@pharmacist/core';
import type { FileHandle } from 'node:fs/promises';
import type { OpenSource } from '../source/open-source.ts';
import { withRandomAccess } from '../source/random-access.ts';
import type { ProblemHandler } from '../problems.ts';
import { plainValue, type FormatContext, type SourceRecord } from './record.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parquet, one row group in memory at a time, with every codec in use (Snappy, Zstandard, gzip, Brotli, LZ4).
 * @throws {DataError} if the file is cut short or damaged.
 */
export async function* readParquet(source: OpenSource, { onProblem }: FormatContext): AsyncGenerator<SourceRecord> {
  yield* withRandomAccess(source, (file, numBytes) => readRowGroups(file, numBytes, source.label, onProblem));
}

async function* readRowGroups(
  handle: FileHandle,
  byteLength: number,
  label: string,
  onProblem: ProblemHandler,
): AsyncGenerator<SourceRecord> {
  const [{ parquetMetadataAsync, parquetRead, parquetSchema }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file = { byteLength, slice: (start: number, end = byteLength) => readRange(handle, start, end) };
  const parsers = { stringFromBytes: textOrBytes };
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw damaged(error, label, byteLength);
  });
  const columns = parquetSchema(metadata).children.map(({ element }) => ({
    name: element.name,
    isText: element.logical_type?.type === 'STRING' || element.converted_type === 'UTF8',
  }));
  let rowStart = 0;
  for (const { num_rows: numRows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(numRows);
    let rows: unknown[][] = [];
    // Rows as arrays: an object's column called __proto__ would be lost.
    const onComplete = (group: unknown[][]): void => void (rows = group);
    await parquetRead({ file, metadata, compressors, parsers, rowStart, rowEnd, onComplete }).catch((error: unknown) => {
      throw damaged(error, label, byteLength);
    });
    if (rows.length !== rowEnd - rowStart)
      throw damaged(new Error(`a row group holds ${rows.length} of ${numRows} rows`), label, byteLength);
    for (const row of rows) {
      const line = ++rowStart;
      const broken = columns.find(({ isText }, j) => isText && row[j] instanceof Uint8Array);
      if (broken !== undefined) onProblem({ line, field: broken.name, what: 'is not valid UTF-8' });
      else yield { record: Object.fromEntries(columns.map(({ name }, j) => [name, plainValue(row[j])])), line };
    }
  }
}

/** The default decoder drops a byte-order mark at the start of a value and hides invalid UTF-8; bytes that are no text stay bytes. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return bytes && DECODER.decode(bytes);
  } catch {
    return bytes;
  }
}

async function readRange(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(Math.max(0, end - start));
  let filled = 0;
  while (filled < buffer.byteLength) {
    const { bytesRead } = await handle.read(new Uint8Array(buffer, filled), 0, buffer.byteLength - filled, start + filled);
    if (bytesRead === 0) throw new Error('unexpected end of file');
    filled += bytesRead;
  }
  return buffer;
}

function damaged(error: unknown, label: string, numBytes: number): unknown {
  if (error instanceof PharmacistError) return error;
  return new DataError(`is not a whole Parquet file: cut short or damaged (${(error as Error).message}; ${numBytes} bytes)`, {
    where: label,
    hint: 'copy or download the file again',
    cause: error,
  });
}
