import type { ProblemHandler } from '../problems.ts';
import { UnreadableValue } from './values.ts';

/** An object of the source, before it is known which of its fields are prompt and response. */
export interface SourceRecord {
  record: Record<string, unknown>;
  /** 1-based line on which the record starts; row number in Parquet and Arrow. */
  line: number;
  /** The JSON it was parsed from, if asked for. */
  text?: string;
}

/** What every format's reader is given. */
export interface FormatContext {
  label: string;
  /** A record that is longer than this many bytes of text is a problem, not an allocation. */
  maxRecordBytes: number;
  /** Receives what is wrong with single records; what ends the reading is thrown. */
  onProblem: ProblemHandler;
  /** Hears the names of the columns where a header says them before any record. */
  onColumns?: ((names: readonly string[]) => void) | undefined;
  /** Gives the text of JSON records too. */
  keepText?: boolean;
  /** Ends the reading at once. */
  signal?: AbortSignal | undefined;
}

/**
 * Parses one JSON object; reports anything else and returns undefined. `__proto__` stays an ordinary own key: JSON.parse defines, it does not
 * assign.
 * @param isAtEnd true for the last line without a line end, where a file that is cut short ends.
 */
export function parseObject(text: string, line: number, onProblem: ProblemHandler, isAtEnd = false): Record<string, unknown> | undefined {
  if (/^\0+$/.test(text)) {
    onProblem({ line, what: 'is zero bytes alone: the file was not written to its end', isCutShort: true });
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    if (isAtEnd && isUnfinished(text)) {
      onProblem({ line, what: `ends in the middle of a record: the file is cut short (${reason})`, isCutShort: true });
    } else {
      const isPython = /[:[,]\s*(?:NaN|-?Infinity)\s*[,\]}]/.test(text.replaceAll(STRINGS, '""'));
      onProblem({
        line,
        what: isPython
          ? 'is not valid JSON: NaN and Infinity, as Python writes them, are none of its values; write null'
          : `is not valid JSON (${reason})`,
      });
    }
    return undefined;
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  onProblem({ line, what: `is ${kind}, not an object with named fields` });
  return undefined;
}

const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/** Whether a text ends inside a string or a bracket, as the beginning of a longer one does. */
function isUnfinished(text: string): boolean {
  const outside = text.replaceAll(STRINGS, '');
  if (outside.includes('"')) return true;
  let depth = 0;
  for (const mark of outside) depth += mark === '{' || mark === '[' ? 1 : mark === '}' || mark === ']' ? -1 : 0;
  return depth > 0;
}

/** Decodes one record's bytes; reports invalid UTF-8 and returns undefined. A byte-order mark is kept. */
export function decodeUtf8(bytes: Uint8Array, line: number, onProblem: ProblemHandler): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    onProblem({ line, what: 'is not valid UTF-8' });
    return undefined;
  }
}

/** The record of a row of a typed format. A value that is not of its column's type, such as text that is not UTF-8, is reported; then undefined. */
export function recordOf(
  names: readonly string[],
  valueOf: (column: number) => unknown,
  line: number,
  onProblem: ProblemHandler,
): Record<string, unknown> | undefined {
  const members: [string, unknown][] = [];
  for (const [j, name] of names.entries()) {
    try {
      members.push([name, valueOf(j)]);
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      onProblem({ line, field: name, what: error.message });
      return undefined;
    }
  }
  // fromEntries defines keys: a column called __proto__ stays a column.
  return Object.fromEntries(members);
}
