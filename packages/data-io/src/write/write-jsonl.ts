import type { AlignmentRow } from '../row.ts';
import { jsonOf } from '../source-text.ts';
import { encodeText, writeBytes } from './write-bytes.ts';

/** Rows, or anything else that carries a record in `fields`. */
export type WritableRow = Pick<AlignmentRow, 'fields'>;
/** Rows at hand or as they come. */
export type WritableRows = Iterable<WritableRow> | AsyncIterable<WritableRow>;

/**
 * One object a line, as it was read: the row's own fields, none added, in their order. Memory: one row.
 * @throws {FileError} if the file cannot be written.
 */
export async function writeJsonl(path: string, rows: WritableRows): Promise<void> {
  await writeBytes(path, encodeText(jsonLines(rows)));
}

/** One array, one object a line in it. @throws {FileError} if the file cannot be written. */
export async function writeJson(path: string, rows: WritableRows): Promise<void> {
  await writeBytes(path, encodeText(jsonArray(rows)));
}

async function* jsonLines(rows: WritableRows): AsyncGenerator<string> {
  for await (const { fields } of rows) yield `${jsonOf(fields)}\n`;
}

async function* jsonArray(rows: WritableRows): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const { fields } of rows) {
    yield `${separator}${jsonOf(fields)}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
