import { DataError, PharmacistError } from '@pharmacist/core';
import type { RecordBatch, RecordBatchReader } from 'apache-arrow';
import type { FileHandle } from 'node:fs/promises';
import type { OpenSource } from '../source/open-source.ts';
import { withRandomAccess } from '../source/random-access.ts';
import { checkCounts } from './arrow-checks.ts';
import { valuesOf } from './arrow-values.ts';
import { decodeLz4Frame } from './lz4-frame.ts';
import { recordOf, type FormatContext, type SourceRecord } from './record.ts';

/**
 * Arrow IPC, file form (Feather 2) and stream form, one record batch in memory at a time; values by the rule of values.ts.
 * @throws {DataError} if the file is cut short or damaged or has a type that is not read here.
 */
export async function* readArrow(source: OpenSource, context: FormatContext): AsyncGenerator<SourceRecord> {
  yield* withRandomAccess(source, (file, numBytes) => readBatches(file, numBytes, context));
}

async function* readBatches(file: FileHandle, numBytes: number, { label, onProblem }: FormatContext): AsyncGenerator<SourceRecord> {
  const arrow = await import('apache-arrow');
  const { decompress } = await import('fzstd');
  arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, { decode: decodeLz4Frame });
  arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { decode: (bytes) => decompress(bytes).slice() });
  let line = 0;
  try {
    const reader = await arrow.RecordBatchReader.from(file);
    await reader.open();
    for await (const batch of batchesOf(reader)) {
      const { fields } = batch.schema;
      const hasBytes = batch.data.children.some(({ type }) => !arrow.DataType.isNull(type));
      if (!hasBytes && batch.numRows > numBytes) throw new Error(`a record batch of ${batch.numRows} rows holds no values`);
      batch.data.children.forEach((column) => checkCounts(arrow, column, batch.numRows));
      const names = fields.map(({ name }) => name);
      const columns = fields.map((field, j) => valuesOf(arrow, field, batch.data.children[j]!));
      for (let i = 0; i < batch.numRows; i++) {
        line++;
        const record = recordOf(names, (j) => columns[j]!(i), line, onProblem);
        if (record !== undefined) yield { record, line };
      }
    }
  } catch (error) {
    throw error instanceof PharmacistError ? error : arrowError(error as Error, label, numBytes);
  }
}

/** Of a file, batch by batch as the footer lists them: the library's own loop reads a block that holds no batch again and again. */
async function* batchesOf(reader: RecordBatchReader): AsyncGenerator<RecordBatch> {
  if (!reader.isFile()) return yield* reader;
  for (let i = 0; i < reader.numRecordBatches; i++) {
    const batch = await reader.readRecordBatch(i);
    if (batch === null) throw new Error(`record batch ${i + 1} is not where the file says`);
    yield batch;
  }
}

function arrowError(cause: Error, label: string, numBytes: number): DataError {
  const reason = cause.message;
  const unknownType = /^Unrecognized type: "(\w+)"/.exec(reason)?.[1];
  if (unknownType !== undefined) {
    return new DataError(`has a column of the Arrow type ${unknownType}, which is not read here`, {
      where: label,
      hint: 'write the column as a plain one (in pyarrow: compute.run_end_decode for run-end encoding, cast for list views)',
      cause,
    });
  }
  return new DataError(`is not a whole Arrow file: cut short or damaged (${reason}; ${numBytes} bytes)`, {
    where: label,
    hint: 'copy or download the file again',
    cause,
  });
}
