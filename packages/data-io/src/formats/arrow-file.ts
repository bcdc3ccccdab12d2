import { DataError, PharmacistError } from '@pharmacist/core';
import type { FileHandle } from 'node:fs/promises';
import type { RowProblem } from '../problems.ts';
import { checkCounts } from './arrow-checks.ts';
import { arrowMessages } from './arrow-messages.ts';
import { valuesOf } from './arrow-values.ts';
import { decodeLz4Frame } from './lz4-frame.ts';
import { recordOf, type SourceRecord } from './record.ts';
import { requireDensity } from './row-density.ts';

const PREFIX_BYTES = 8;

/**
 * The rows of a file or stream in order, or what is wrong with them.
 * @throws {DataError} if the file is cut short or damaged or has a type that is not read here.
 */
export async function* readArrowFile(file: FileHandle, numBytes: number, label: string): AsyncGenerator<SourceRecord | RowProblem> {
  try {
    yield* readBatches(file, numBytes, label);
  } catch (error) {
    throw error instanceof PharmacistError ? error : arrowError(error as Error, label, numBytes);
  }
}

async function* readBatches(file: FileHandle, numBytes: number, label: string): AsyncGenerator<SourceRecord | RowProblem> {
  const arrow = await import('apache-arrow');
  const { decompress } = await import('fzstd');
  arrow.compressionRegistry.set(arrow.CompressionType.LZ4_FRAME, { decode: (bytes) => ofStatedLength(decodeLz4Frame(bytes), bytes) });
  arrow.compressionRegistry.set(arrow.CompressionType.ZSTD, { decode: (bytes) => ofStatedLength(decompress(bytes).slice(), bytes) });
  let line = 0;
  const reader = await arrow.RecordBatchReader.from(arrowMessages(file, numBytes));
  for await (const batch of reader) {
    const { fields } = batch.schema;
    const hasBytes = batch.data.children.some(({ type }) => !arrow.DataType.isNull(type));
    if (!hasBytes && batch.numRows > numBytes) throw new Error(`a record batch of ${batch.numRows} rows holds no values`);
    requireDensity(line + batch.numRows, numBytes, label);
    batch.data.children.forEach((column) => checkCounts(arrow, column, batch.numRows));
    const names = fields.map(({ name }) => name);
    const columns = fields.map((field, j) => valuesOf(arrow, field, batch.data.children[j]!));
    for (let i = 0; i < batch.numRows; i++) {
      line++;
      let problem: RowProblem | undefined;
      const record = recordOf(
        names,
        (j) => columns[j]!(i),
        line,
        (found) => (problem = found),
      );
      yield record === undefined ? problem! : { record, line };
    }
  }
}

/** The library leaves out the length that stands before a compressed buffer (Arrow columnar format, "Compression"). */
function ofStatedLength(contents: Uint8Array, { buffer, byteOffset }: Uint8Array): Uint8Array {
  const stated = new DataView(buffer, byteOffset - PREFIX_BYTES, PREFIX_BYTES).getBigInt64(0, true);
  if (BigInt(contents.length) !== stated) throw new Error(`a buffer of ${contents.length} bytes that should have ${stated}`);
  return contents;
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
