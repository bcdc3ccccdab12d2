import { DataError, PharmacistError } from '@pharmacist/core';
import type { FileMetaData, RowGroup } from 'hyparquet';
import type { FileHandle } from 'node:fs/promises';
import type { RowProblem } from '../problems.ts';
import { PageChecks } from './parquet-pages.ts';
import { checkRowGroups, columnRange, type Leaf } from './parquet-row-groups.ts';
import { readerOf, storedSchema, STORED_PARSERS } from './parquet-values.ts';
import { recordOf, type SourceRecord } from './record.ts';
import { requireDensity } from './row-density.ts';

/**
 * The rows of a file in order, or what is wrong with them. Every count is compared with the bytes there are before the library sees it: it
 * allocates what a count says.
 * @throws {DataError} if the file is cut short or damaged.
 */
export async function* readParquetFile(handle: FileHandle, numBytes: number, label: string): AsyncGenerator<SourceRecord | RowProblem> {
  try {
    yield* readRowGroups(handle, numBytes, label);
  } catch (error) {
    if (error instanceof PharmacistError) throw error;
    throw new DataError(`is not a whole Parquet file: cut short or damaged (${(error as Error).message}; ${numBytes} bytes)`, {
      where: label,
      hint: 'copy or download the file again',
      cause: error,
    });
  }
}

async function* readRowGroups(handle: FileHandle, byteLength: number, label: string): AsyncGenerator<SourceRecord | RowProblem> {
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet');
  const slice = async (start: number, end = byteLength): Promise<ArrayBuffer> => await readRange(handle, start, end);
  const whole = await parquetMetadataAsync({ byteLength, slice });
  const root = parquetSchema(whole);
  const leaves = checkRowGroups(whole, root, byteLength);
  requireDensity(Number(whole.num_rows), byteLength, label);
  const metadata = { ...whole, schema: storedSchema(whole.schema, root) };
  const names = root.children.map(({ element }) => element.name);
  const readers = root.children.map(readerOf);
  const isFlat = root.children.map(({ element, children }) => children.length === 0 && element.repetition_type !== 'REPEATED');
  let line = 0;
  for (const group of metadata.row_groups) {
    for (const row of await readRowGroup(handle, metadata, group, leaves)) {
      line++;
      const missing = names.findIndex((_, j) => row[j] === undefined && isFlat[j]);
      if (missing >= 0) throw new Error(`column "${names[missing]}" has no value in row ${line}`);
      let problem: RowProblem | undefined;
      const record = recordOf(
        names,
        (j) => readers[j]!(row[j]),
        line,
        (found) => (problem = found),
      );
      yield record === undefined ? problem! : { record, line };
    }
  }
}

/** Rows as arrays: an object's column called __proto__ would be lost. */
async function readRowGroup(handle: FileHandle, metadata: FileMetaData, group: RowGroup, leaves: Leaf[]): Promise<unknown[][]> {
  const [{ parquetSchema }, library, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet/src/rowgroup.js'),
    import('hyparquet-compressors'),
  ]);
  const checks = new PageChecks(compressors);
  const chunks = new Map<number, ArrayBuffer>();
  const plan = [];
  for (const [j, column] of group.columns.entries()) {
    const { start, end } = columnRange(column);
    const chunk = await readRange(handle, start, end);
    await checks.addChunk(chunk, column, leaves[j]!);
    // Columns may share their bytes only in a damaged file; each is looked at with its own description.
    if (end > start && chunks.has(start)) throw new Error(`two columns begin at ${start}`);
    chunks.set(start, chunk);
    plan.push({ columnMetadata: column.meta_data!, range: { startByte: start, endByte: end } });
  }
  const numRows = Number(group.num_rows);
  const file = { byteLength: 0, slice: (start: number) => chunks.get(start)! };
  const options = { file, metadata, compressors: checks.compressors, parsers: STORED_PARSERS, utf8: false };
  const groupPlan = { chunks: plan, rowGroup: group, groupStart: 0, groupRows: numRows, selectStart: 0, selectEnd: numRows };
  const columns = library.readRowGroup(options, { metadata, rowStart: 0, fetches: [], groups: [groupPlan] }, groupPlan);
  const assembled = library.assembleAsync(columns, parquetSchema(metadata), STORED_PARSERS);
  // All of them settle before one is thrown, so that none is left without a handler.
  const results = await Promise.allSettled([...columns.asyncColumns, ...assembled.asyncColumns].map(({ data }) => data));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return await library.asyncGroupToRows(assembled, 0, numRows, undefined, 'array');
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
