import { readApart } from '../decoder/read-apart.ts';
import type { OpenSource } from '../source/open-source.ts';
import type { FormatContext, SourceRecord } from './record.ts';

/**
 * Parquet, one row group in memory at a time, with every codec in use (Snappy, Zstandard, gzip, Brotli, LZ4); values by the
 * rule of values.ts.
 * @throws {DataError} if the file is cut short or damaged.
 */
export function readParquet(source: OpenSource, context: FormatContext): AsyncGenerator<SourceRecord> {
  return readApart('parquet', source, context);
}
