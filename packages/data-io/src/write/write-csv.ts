import { DataError } from '@pharmacist/core';
import { encodeText, writeBytes } from './write-bytes.ts';
import type { WritableRows } from './write-jsonl.ts';

export interface WriteCsvOptions {
  /** Columns in order; by default the fields of all rows (of the first row, where rows come one by one). */
  columns?: readonly string[];
}

/**
 * CSV (RFC 4180) in UTF-8 with a header and LF line ends. Text stands as it is; null and absent values are empty; other values are
 * written as JSON.
 * @throws {DataError} if a row has a field that is no column. @throws {FileError} if the file cannot be written.
 */
export async function writeCsv(path: string, rows: WritableRows, options: WriteCsvOptions = {}): Promise<void> {
  const columns =
    options.columns ??
    (Array.isArray(rows) ? [...new Set((rows as { fields: object }[]).flatMap(({ fields }) => Object.keys(fields)))] : undefined);
  await writeBytes(path, encodeText(csvLines(path, rows, columns)));
}

async function* csvLines(path: string, rows: WritableRows, given: readonly string[] | undefined): AsyncGenerator<string> {
  let columns = given;
  if (columns !== undefined) yield csvLine(columns);
  let numRows = 0;
  for await (const { fields } of rows) {
    numRows++;
    if (columns === undefined) {
      columns = Object.keys(fields);
      yield csvLine(columns);
    }
    const names = columns;
    const extra = Object.keys(fields).find((name) => !names.includes(name));
    if (extra !== undefined) {
      throw new DataError(`row ${numRows} has the field "${extra}", which is not a column`, {
        where: path,
        hint: `name all columns; these are: ${names.join(', ')}`,
      });
    }
    yield csvLine(names.map((name) => (Object.hasOwn(fields, name) ? fields[name] : null)));
  }
}

function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvValue).join(',')}\n`;
}

function csvValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // An empty string is quoted so that a row of one empty value is not a blank line; outer space and a byte-order mark survive quoted.
  return text === '' || /["\r\n,\ufeff]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
