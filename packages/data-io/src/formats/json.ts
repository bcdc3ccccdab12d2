import type { ByteStream } from '../source/byte-stream.ts';
import { scanJson } from './json-scanner.ts';
import { rowsOfTable } from './json-tables.ts';
import { decodeUtf8, parseObject, type FormatContext, type SourceRecord } from './record.ts';
import type { RowFormat } from './row-format.ts';

export const json = {
  kind: 'format',
  name: 'json',
  summary: 'an array of objects, objects one after the other, or a table',
  extensions: ['.json'],
  isBinary: false,
  read: ({ bytes }, context) => readJson(bytes, context),
} as const satisfies RowFormat;

/**
 * JSON text: an array of objects, such an array in an object that wraps it, objects one after the other, or one object that holds a table.
 * Memory: one element, or one object that stands by itself.
 * @throws {DataError} if the text is none of these, or does not end.
 */
export async function* readJson(
  bytes: ByteStream,
  { label, maxRecordBytes, onProblem, keepText }: FormatContext,
): AsyncGenerator<SourceRecord> {
  for await (const { bytes: part, line, isElement } of scanJson(bytes, label, maxRecordBytes)) {
    if (part === undefined) {
      onProblem({ line, what: `is longer than ${maxRecordBytes} bytes${isElement ? '' : ': write one object a line'}` });
      continue;
    }
    const text = decodeUtf8(part, line, onProblem);
    if (text === undefined) continue;
    const record = parseObject(text, line, onProblem);
    if (record === undefined) continue;
    const rows = isElement ? undefined : rowsOfTable(record);
    if (rows === undefined) yield { record, line, ...(keepText === true ? { text } : {}) };
    else for (const row of rows) yield { record: row, line };
  }
}
