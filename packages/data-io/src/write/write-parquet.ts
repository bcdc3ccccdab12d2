import { slices } from '@pharmacist/core';
import { checkColumns, type CheckedColumns, columnSlice, type Column, type ColumnType } from './columns.ts';
import { writeBytes } from './write-bytes.ts';

export interface WriteParquetOptions {
  /** Rows encoded, and held in memory, at a time; 50,000 by default. */
  rowGroupSize?: number;
  /** Ends the writing between two groups; nothing is left of the file. */
  signal?: AbortSignal;
}

const PARQUET_TYPE: Record<ColumnType, 'STRING' | 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BOOLEAN' | 'JSON'> = {
  string: 'STRING',
  int32: 'INT32',
  int64: 'INT64',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  json: 'JSON',
};

/**
 * Parquet with Snappy pages. A column is required (not nullable) if it holds no null. Equal columns give equal bytes: nothing in the
 * file depends on time or machine. Values are read where they are, some times each: a list may make them when it is asked.
 * @throws {DataError} if the columns do not fit together. @throws {FileError} if the file cannot be written.
 */
export async function writeParquet(path: string, columns: readonly Column[], options: WriteParquetOptions = {}): Promise<void> {
  await writeBytes(path, parquetBytes(columns, checkColumns(columns, path), options));
}

async function* parquetBytes(
  columns: readonly Column[],
  { numRows, isNullable }: CheckedColumns,
  { rowGroupSize = 50_000, signal }: WriteParquetOptions,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const source = (start: number, end: number) =>
    columns.map((column, j) => ({
      name: column.name,
      type: PARQUET_TYPE[column.type],
      nullable: isNullable[j]!,
      // JSON columns are text already; the writer takes them parsed.
      data:
        column.type === 'json'
          ? columnSlice(column, start, end).map((text) => (text === null ? null : JSON.parse(text as string)))
          : columnSlice(column, start, end),
    }));
  const buffer = new ByteWriter();
  const writer = new ParquetWriter({ writer: buffer, schema: schemaFromColumnData({ columnData: source(0, 0) }), createdBy: 'pharmacist' });
  const drain = (): Uint8Array => {
    const bytes = buffer.getBytes().slice();
    buffer.index = 0;
    return bytes;
  };
  for await (const [start, end] of slices(numRows, { size: rowGroupSize, signal })) {
    await writer.write({ columnData: source(start, end).map(({ name, data }) => ({ name, data })), rowGroupSize });
    yield drain();
  }
  await writer.finish();
  yield drain();
}
