import type { DataType, RecordBatch } from 'apache-arrow';
import type * as Arrow from 'apache-arrow';
import { checkColumns, columnSlice, type Column, type ColumnType } from './columns.ts';
import { writeBytes } from './write-bytes.ts';

export interface WriteArrowOptions {
  /** `file` (Feather 2, random access) by default; `stream` for pipes. */
  form?: 'file' | 'stream';
  /** Rows in one record batch; 65,536 by default. */
  batchSize?: number;
}

/**
 * Arrow IPC without compression or dictionaries. Equal columns give equal bytes.
 * @throws {DataError} if the columns do not fit together. @throws {FileError} if the file cannot be written.
 */
export async function writeArrow(path: string, columns: readonly Column[], options: WriteArrowOptions = {}): Promise<void> {
  const { numRows } = checkColumns(columns, path);
  await writeBytes(path, arrowBytes(columns, numRows, options.form ?? 'file', options.batchSize ?? 65_536));
}

async function* arrowBytes(
  columns: readonly Column[],
  numRows: number,
  form: 'file' | 'stream',
  batchSize: number,
): AsyncGenerator<Uint8Array> {
  const arrow = await import('apache-arrow');
  const fields = columns.map(({ name, type }) => new arrow.Field(name, arrowType(arrow, type), true));
  const schema = new arrow.Schema(fields);
  function* batches(): Generator<RecordBatch> {
    for (let start = 0; start < Math.max(numRows, 1); start += batchSize) {
      const end = Math.min(start + batchSize, numRows);
      const children = columns.map((column, j) => arrow.vectorFromArray(columnSlice(column, start, end), fields[j]!.type).data[0]!);
      yield new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(fields), length: end - start, nullCount: 0, children }));
    }
  }
  const writer = form === 'file' ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter();
  const bytes = writer.writeAll(batches());
  for await (const piece of bytes) yield piece;
}

function arrowType(arrow: typeof Arrow, type: ColumnType): DataType {
  switch (type) {
    case 'string':
    case 'json':
      return new arrow.Utf8();
    case 'int32':
      return new arrow.Int32();
    case 'int64':
      return new arrow.Int64();
    case 'float':
      return new arrow.Float32();
    case 'double':
      return new arrow.Float64();
    case 'boolean':
      return new arrow.Bool();
  }
}
