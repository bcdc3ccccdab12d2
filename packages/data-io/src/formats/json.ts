import { DataError } from '@pharmacist/core';
import type { ByteStream } from '../source/byte-stream.ts';
import { decodeUtf8, parseObject, type FormatContext, type SourceRecord } from './record.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * A JSON array of objects, element by element: the scanner only finds where an element ends (brackets outside strings), JSON.parse reads
 * it. Memory: one element.
 * @throws {DataError} if the text is no array, or the array does not end.
 */
export async function* readJson(
  bytes: ByteStream,
  { label, maxRecordBytes, onProblem, keepText }: FormatContext,
): AsyncGenerator<SourceRecord> {
  for await (const element of splitElements(bytes, label, maxRecordBytes)) {
    if (element.bytes === undefined) {
      onProblem({ line: element.line, what: `is longer than ${maxRecordBytes} bytes` });
      continue;
    }
    const text = decodeUtf8(element.bytes, element.line, onProblem);
    if (text === undefined) continue;
    const record = parseObject(text, element.line, onProblem);
    if (record !== undefined) yield { record, line: element.line, ...(keepText === true ? { text } : {}) };
  }
}

interface Element {
  bytes: Uint8Array | undefined;
  line: number;
}

async function* splitElements(stream: ByteStream, label: string, maxBytes: number): AsyncGenerator<Element> {
  let state: 'before' | 'inside' | 'after' = 'before';
  let numBytes = 0;
  let line = 1;
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let hasElement = false;
  let needsElement = false;
  let startLine = 1;
  let kept: Uint8Array[] = [];
  let keptBytes = 0;

  const keep = (part: Uint8Array): void => {
    keptBytes += part.length;
    if (keptBytes > maxBytes) kept = [];
    else if (part.length > 0) kept.push(part);
  };
  const take = (): Element => {
    const element = { bytes: keptBytes > maxBytes ? undefined : Buffer.concat(kept), line: startLine };
    kept = [];
    keptBytes = 0;
    hasElement = false;
    return element;
  };

  for await (const piece of stream) {
    let start = 0;
    for (let i = 0; i < piece.length; i++, numBytes++) {
      const byte = piece[i]!;
      if (byte === NEWLINE) line++;
      if (isInString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isInString = false;
        continue;
      }
      if (state !== 'inside') {
        if (isSpace(byte) || (state === 'before' && byte === BYTE_ORDER_MARK[numBytes])) continue;
        if (state === 'after') throw damaged('goes on after the end of the array', label, line);
        if (byte !== OPEN_BRACKET) throw damaged('is not an array of objects', label, line);
        state = 'inside';
        start = i + 1;
        continue;
      }
      if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
        keep(piece.subarray(start, i));
        start = i + 1;
        if (hasElement) yield take();
        else if (byte === COMMA || needsElement) throw damaged('has a comma without an element', label, line);
        else take();
        needsElement = byte === COMMA;
        if (byte === CLOSE_BRACKET) state = 'after';
        continue;
      }
      if (!hasElement && !isSpace(byte)) {
        hasElement = true;
        startLine = line;
      }
      if (byte === QUOTE) isInString = true;
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    }
    if (state === 'inside') keep(piece.subarray(start));
  }
  if (state === 'inside')
    throw damaged(`is cut short: the array has no end${hasElement ? ` (its last element starts at line ${startLine})` : ''}`, label, line);
  if (state === 'before') throw new DataError('is empty', { where: label, hint: 'name a file that holds rows' });
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}

function damaged(what: string, label: string, line: number): DataError {
  return new DataError(what, { where: `${label}:${line}`, hint: 'write one array of objects, or one object a line in a .jsonl file' });
}
