import { counted, DataError } from '@pharmacist/core';
import type { CsvError } from 'csv-parse';
import { Readable, pipeline } from 'node:stream';
import { peek, type ByteStream } from '../source/byte-stream.ts';
import type { FormatContext, SourceRecord } from './record.ts';
import type { RowFormat } from './row-format.ts';

export const csv = {
  kind: 'format',
  name: 'csv',
  summary: 'a header line and a record a line, separated by commas, tabs, semicolons or bars',
  extensions: ['.csv', '.tsv'],
  isBinary: false,
  read: ({ bytes }, context) => readCsv(bytes, context),
} as const satisfies RowFormat;

/** Quotes in one line that do not fit; the parser takes longer for each the more come before. */
const MAX_MISPLACED_QUOTES = 1000;
/** What the first line is looked for in. */
const HEADER_BYTES = 4096;

/**
 * CSV (RFC 4180): a header line, then one record a row; every value is a string. LF or CRLF, quotes around values that need them. Where the
 * header has no comma, tabs, semicolons or bars separate. A column without a name, as the index that pandas writes, gets the name that pandas
 * gives it: `Unnamed: 0`.
 * @throws {DataError} if the header is unusable, the text is not UTF-8, or a quote is never closed.
 */
export async function* readCsv(
  bytes: ByteStream,
  { label, maxRecordBytes, onProblem, onColumns }: FormatContext,
): AsyncGenerator<SourceRecord> {
  const { parse } = await import('csv-parse');
  const { head, stream } = await peek(bytes, HEADER_BYTES);
  let numLinesBefore = hasSeparatorLine(Buffer.from(head).toString('latin1')) ? 1 : 0;
  let header: string[] | undefined;
  let fatal: DataError | undefined;
  /** The line of the parser, and what is wrong in it. */
  const misplaced = { line: -1, numQuotes: 0 };
  /** Lines of the records that are parsed and not yet yielded. */
  const linesAhead: number[] = [];
  const parser = parse({
    bom: true,
    ...dialectOf(Buffer.from(head).toString('latin1')),
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
    skip_records_with_error: true,
    // Both callbacks run as the parser advances, ahead of the loop below: only here is the line number of a record known. The parser's
    // own count takes a CRLF inside quotes for two lines.
    on_record: (values: string[], { empty_lines: numEmptyLines }) => {
      const line = numLinesBefore + numEmptyLines + 1;
      numLinesBefore += 1 + values.reduce((total, value) => total + value.split('\n').length - 1, 0);
      if (header === undefined) {
        header = named(values);
        fatal ??= headerError(header, label, line);
        onColumns?.(header);
      } else if (values.length === header.length) {
        linesAhead.push(line);
        return values;
      } else onProblem({ line, what: `has ${counted(values.length, 'value')}, the header has ${counted(header.length, 'column')}` });
      return null;
    },
    on_skip: (error) => {
      if (error?.lines === misplaced.line) {
        if (++misplaced.numQuotes <= MAX_MISPLACED_QUOTES) return undefined;
        fatal ??= new DataError(`is not CSV: line ${numLinesBefore} holds more than ${MAX_MISPLACED_QUOTES} quotes that do not fit`, {
          where: label,
          hint: 'name a file of another form as what it is (.json, .jsonl), or write the file again with quotes doubled inside quotes',
        });
        // What is thrown here ends the parsing.
        throw fatal;
      }
      misplaced.line = Number(error?.lines ?? -1);
      misplaced.numQuotes = 1;
      numLinesBefore++;
      if (error === undefined) return undefined;
      fatal ??= fatalError(error, label, numLinesBefore, maxRecordBytes);
      if (fatal === undefined) onProblem({ line: numLinesBefore, what: `is not valid CSV (${error.message})` });
      return undefined;
    },
  });
  pipeline(Readable.from(decoded(stream, label, () => fatal)), parser, () => {});
  for await (const values of parser as AsyncIterable<string[]>) {
    if (fatal !== undefined) throw fatal;
    // fromEntries defines keys: a column called __proto__ stays a column.
    yield { record: Object.fromEntries(header!.map((name, j) => [name, values[j]])), line: linesAhead.shift()! };
  }
  if (fatal !== undefined) throw fatal;
}

const SEPARATOR_LINE = /^(?:\xef\xbb\xbf)?sep=(.)\r?\n/i;

/** Excel's own first line, `sep=;`. */
function hasSeparatorLine(head: string): boolean {
  return SEPARATOR_LINE.test(head);
}

/** What separates lines and values, going by the first line's part outside quotes. */
function dialectOf(head: string): { delimiter: string; record_delimiter: string[]; from_line?: number } {
  // Before OS X a Macintosh ended lines with CR alone.
  const record_delimiter = head.includes('\r') && !head.includes('\n') ? ['\r'] : ['\r\n', '\n'];
  const separator = SEPARATOR_LINE.exec(head)?.[1];
  if (separator !== undefined) return { delimiter: separator, record_delimiter, from_line: 2 };
  const header = head.split(/\r\n?|\n/, 1)[0]!.replaceAll(/"(?:[^"]|"")*"/g, '');
  return { delimiter: [',', '\t', ';', '|'].find((mark) => header.includes(mark)) ?? ',', record_delimiter };
}

/** pandas' names for columns that have none; a file that was written with its index twice has `Unnamed: 0` already, hence `Unnamed: 0.1`. */
function named(names: readonly string[]): string[] {
  const taken = new Set(names);
  return names.map((name, j) => {
    if (name.trim() !== '') return name;
    let own = `Unnamed: ${j}`;
    for (let n = 1; taken.has(own); n++) own = `Unnamed: ${j}.${n}`;
    taken.add(own);
    return own;
  });
}

function headerError(names: string[], label: string, line: number): DataError | undefined {
  const repeated = names.find((name, j) => names.indexOf(name) !== j);
  if (repeated === undefined) return undefined;
  return new DataError(`the header names the column "${repeated}" twice`, {
    where: `${label}:${line}`,
    hint: 'the first line names the columns, each once',
  });
}

/** What leaves the rest of the file unreadable: after it nobody can say where a record starts. */
function fatalError(error: CsvError, label: string, line: number, maxRecordBytes: number): DataError | undefined {
  const where = `${label}:${line}`;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new DataError('is cut short or has a quote that is never closed', {
      where,
      hint: 'close the quote; inside a value write it twice ("")',
      cause: error,
    });
  }
  if (error.code !== 'CSV_MAX_RECORD_SIZE') return undefined;
  return new DataError(`a record is longer than ${maxRecordBytes} bytes`, {
    where,
    hint: 'look for a quote that is never closed',
    cause: error,
  });
}

/** Ends early once `isStopped` gives something. */
async function* decoded(bytes: ByteStream, label: string, isStopped: () => unknown): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let line = 1;
  try {
    for await (const piece of bytes) {
      if (isStopped() !== undefined) return;
      const text = decoder.decode(piece, { stream: true });
      yield text;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) line++;
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError(`is not valid UTF-8 (somewhere after line ${line})`, {
      where: label,
      hint: 'convert the file to UTF-8, for instance: iconv -f WINDOWS-1252 -t UTF-8',
      cause: error,
    });
  }
}
