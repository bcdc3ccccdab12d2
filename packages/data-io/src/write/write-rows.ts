import type { FORMATS } from '../formats/registry.ts';
import { requireFormat } from '../source/row-format.ts';
import { columnsOfRecords } from './columns.ts';
import { writeArrow } from './write-arrow.ts';
import { writeCsv } from './write-csv.ts';
import { writeJson, writeJsonl, type WritableRows } from './write-jsonl.ts';
import { writeParquet } from './write-parquet.ts';

export interface WriteRowsOptions {
  /** Overrides what the name says. */
  format?: (typeof FORMATS)['names'][number];
}

/**
 * Writes rows in the format, and with the compression, that the name says: `core.jsonl`, `core.parquet`, `core.csv.gz`.
 * JSON forms keep every field as it was. Parquet and Arrow need all rows in memory and one type a column: text, boolean, 64-bit integer,
 * double, else JSON text.
 * @throws {ConfigError} if the name says no known format. @throws {FileError} if the file cannot be written.
 */
export async function writeRows(path: string, rows: WritableRows, options: WriteRowsOptions = {}): Promise<void> {
  const format = options.format ?? requireFormat(path).format.name;
  switch (format) {
    case 'jsonl':
      return writeJsonl(path, rows);
    case 'json':
      return writeJson(path, rows);
    case 'csv':
      return writeCsv(path, rows);
    case 'parquet':
      return writeParquet(path, await columnsOf(rows));
    case 'arrow':
      return writeArrow(path, await columnsOf(rows));
  }
}

async function columnsOf(rows: WritableRows): Promise<ReturnType<typeof columnsOfRecords>> {
  const records: Record<string, unknown>[] = [];
  for await (const { fields } of rows) records.push(fields);
  return columnsOfRecords(records);
}
