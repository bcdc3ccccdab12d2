import { DataError, PharmacistError } from '@pharmacist/core';
import type { FileHandle } from 'node:fs/promises';
import type { OpenSource } from '../source/open-source.ts';
import { withRandomAccess } from '../source/random-access.ts';
import type { ProblemHandler } from '../problems.ts';
import { readerOf, storedSchema, STORED_PARSERS } from './parquet-values.ts';
import { recordOf, type FormatContext, type SourceRecord } from './record.ts';

/**
 * Parquet, one row group in memory at a time, with every codec in use (Snappy, Zstandard, gzip, Brotli, LZ4); values by the
 * rule of values.ts.
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
  try {
    const whole = await parquetMetadataAsync(file);
    const root = parquetSchema(whole);
    const names = root.children.map(({ element }) => element.name);
    const readers = root.children.map(readerOf);
    const metadata = { ...whole, schema: storedSchema(whole.schema, root) };
    let rowStart = 0;
    for (const { num_rows: numRows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(numRows);
      let rows: unknown[][] = [];
      // Rows as arrays: an object's column called __proto__ would be lost.
      const onComplete = (group: unknown[][]): void => void (rows = group);
      await parquetRead({ file, metadata, compressors, parsers: STORED_PARSERS, utf8: false, rowStart, rowEnd, onComplete });
      if (rows.length !== rowEnd - rowStart) throw new Error(`a row group holds ${rows.length} of ${numRows} rows`);
      for (const row of rows) {
        const line = ++rowStart;
        const record = recordOf(names, (j) => readers[j]!(row[j]), line, onProblem);
        if (record !== undefined) yield { record, line };
      }
    }
  } catch (error) {
    throw damaged(error, label, byteLength);
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
