import { readApart } from '../decoder/read-apart.ts';
import { beginsWith } from '../source/byte-stream.ts';
import type { RowFile } from '../source/row-file.ts';
import type { FormatContext, SourceRecord } from './record.ts';
import type { RowFormat } from './row-format.ts';

export const parquet = {
  kind: 'format',
  name: 'parquet',
  summary: 'Parquet, with every codec in use',
  extensions: ['.parquet'],
  isBinary: true,
  recognises: (head) => beginsWith(head, 'PAR1'),
  read: readParquet,
} as const satisfies RowFormat;

/**
 * Parquet, one row group in memory at a time, with every codec in use (Snappy, Zstandard, gzip, Brotli, LZ4); values by the
 * rule of values.ts.
 * @throws {DataError} if the file is cut short or damaged.
 */
export function readParquet(file: RowFile, context: FormatContext): AsyncGenerator<SourceRecord> {
  return readApart('parquet', file, context);
}
