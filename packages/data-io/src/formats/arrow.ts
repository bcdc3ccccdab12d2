import { DataError, PharmacistError } from '@pharmacist/core';
import type { DataType, Vector } from 'apache-arrow';
import type { FileHandle } from 'node:fs/promises';
import type { OpenSource } from '../source/open-source.ts';
import { withRandomAccess } from '../source/random-access.ts';
import { plainValue, type SourceRecord } from './record.ts';

/**
 * Arrow IPC, file form (Feather 2) and stream form, one record batch in memory at a time.
 * @throws {DataError} if the file is cut short or damaged, or its buffers are compressed with LZ4.
 */
export async function* readArrow(source: OpenSource): AsyncGenerator<SourceRecord> {
  yield* withRandomAccess(source, (file, numBytes) => readBatches(file, numBytes, source.label));
}

async function* readBatches(file: FileHandle, numBytes: number, label: string): AsyncGenerator<SourceRecord> {
  const { DataType, RecordBatchReader, CompressionType, compressionRegistry } = await import('apache-arrow');
  const { decompress } = await import('fzstd');
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompress(bytes).slice() });
  let row = 0;
  try {
    const reader = await RecordBatchReader.from(file);
    await reader.open();
    for await (const batch of reader) {
      const columns = batch.schema.fields.map(({ name }, j) => ({ name, valueAt: valueGetter(batch.getChildAt(j)!, DataType) }));
      for (let i = 0; i < batch.numRows; i++) {
        yield { record: Object.fromEntries(columns.map(({ name, valueAt }) => [name, valueAt(i)])), line: ++row };
      }
    }
  } catch (error) {
    if (error instanceof PharmacistError) throw error;
    const reason = (error as Error).message;
    const isCodec = /compress|codec/i.test(reason);
    throw new DataError(
      isCodec
        ? `has buffers in a compression that is not read here (${reason})`
        : `is not a whole Arrow file: cut short or damaged (${reason}; ${numBytes} bytes)`,
      {
        where: label,
        hint: isCodec ? 'write it without compression or with zstd' : 'copy or download the file again',
        cause: error,
      },
    );
  }
}

/** Text is decoded here: Arrow's own decoder drops a byte-order mark at the start of a value and hides invalid UTF-8. */
function valueGetter(column: Vector, types: typeof DataType): (i: number) => unknown {
  const data = column.data[0];
  if (data === undefined || !types.isUtf8(column.type)) return (i) => arrowValue(column.get(i));
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (i) => (data.getValid(i) ? decoder.decode(data.values.subarray(data.valueOffsets[i], data.valueOffsets[i + 1])) : null);
}

/** Struct rows and list vectors become objects and arrays. */
function arrowValue(value: unknown): unknown {
  if (
    value !== null &&
    typeof value === 'object' &&
    !ArrayBuffer.isView(value) &&
    'toJSON' in value &&
    typeof value.toJSON === 'function'
  ) {
    const json: unknown = value instanceof Date ? value : value.toJSON();
    if (Array.isArray(json)) return json.map(arrowValue);
    if (json !== null && typeof json === 'object' && !(json instanceof Date)) {
      return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, arrowValue(member)]));
    }
    return plainValue(json);
  }
  return plainValue(value);
}
