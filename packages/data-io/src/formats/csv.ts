import { DataError } from '@pharmacist/core';
import type { CsvError, Info } from 'csv-parse';
import { Readable, pipeline } from 'node:stream';
import type { ByteStream } from '../source/byte-stream.ts';
import type { FormatContext, SourceRecord } from './record.ts';

/**
 * CSV (RFC 4180): a header line, then one record a row; every value is a string. LF or CRLF, quotes around values that need them.
 * @throws {DataError} if the header is unusable, the text is not UTF-8, or a quote is never closed.
 */
export async function* readCsv(bytes: ByteStream, { label, maxRecordBytes, onProblem }: FormatContext): AsyncGenerator<SourceRecord> {
  const { parse } = await import('csv-parse');
  let numLinesBefore = 0;
  const parser = parse({
    bom: true,
    info: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error !== undefined)
        onProblem({ line: (error as CsvError & { lines?: number }).lines ?? 1, what: `is not valid CSV (${error.message})` });
      return undefined;
    },
  });
  pipeline(Readable.from(decoded(bytes, label)), parser, () => {});
  let header: string[] | undefined;
  try {
    for await (const { record: values, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      // csv-parse counts the lines up to the record's end; the record starts after the previous one (blank lines aside).
      const line = Math.min(numLinesBefore + 1, info.lines);
      numLinesBefore = info.lines;
      if (header === undefined) {
        header = checkedHeader(values, label, line);
        continue;
      }
      if (values.length !== header.length) {
        onProblem({ line, what: `has ${values.length} values, the header has ${header.length} columns` });
        continue;
      }
      // fromEntries defines keys: a column called __proto__ stays a column.
      yield { record: Object.fromEntries(header.map((name, j) => [name, values[j]])), line };
    }
  } catch (error) {
    throw csvError(error, label, maxRecordBytes);
  }
}

function checkedHeader(names: string[], label: string, line: number): string[] {
  const where = `${label}:${line}`;
  const hint = 'the first line names the columns, each once';
  const empty = names.indexOf('');
  if (empty >= 0) throw new DataError(`column ${empty + 1} of the header has no name`, { where, hint });
  const repeated = names.find((name, j) => names.indexOf(name) !== j);
  if (repeated !== undefined) throw new DataError(`the header names the column "${repeated}" twice`, { where, hint });
  return names;
}

function csvError(error: unknown, label: string, maxRecordBytes: number): unknown {
  const { code, lines, message } = error as { code?: unknown; lines?: number; message: string };
  if (typeof code !== 'string' || !code.startsWith('CSV_')) return error;
  const where = lines === undefined ? label : `${label}:${lines}`;
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    return new DataError('is cut short or has a quote that is never closed', {
      where,
      hint: 'close the quote; inside a value write it twice ("")',
      cause: error,
    });
  }
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new DataError(`a record is longer than ${maxRecordBytes} bytes`, {
      where,
      hint: 'look for a quote that is never closed',
      cause: error,
    });
  }
  return new DataError(`is not valid CSV (${message})`, {
    where,
    hint: 'quote values that hold quotes, commas or line ends',
    cause: error,
  });
}

async function* decoded(bytes: ByteStream, label: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  try {
    for await (const piece of bytes) {
      const text = decoder.decode(piece, { stream: true });
      yield text;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(`is not valid UTF-8 (somewhere after line ${line})`, {
      where: label,
      hint: 'convert the file to UTF-8',
      cause: error,
    });
  }
}
