import { DataError } from '@pharmacist/core';
import type { ByteStream } from './byte-stream.ts';

type Utf16 = 'utf-16le' | 'utf-16be';

/**
 * Text as UTF-8, whatever Unicode encoding it is stored in: UTF-16 is told by its byte-order mark, or without one by the zero bytes beside
 * its first characters. UTF-8 passes through as it is.
 * @param head the first bytes of `stream`.
 * @throws {DataError} for UTF-32, and while reading if UTF-16 is damaged or cut short.
 */
export function asUtf8(stream: ByteStream, head: Uint8Array, where: string): ByteStream {
  if (isUtf32(head)) throw new DataError('is UTF-32 text', { where, hint: 'convert it to UTF-8: iconv -f UTF-32 -t UTF-8' });
  const encoding = utf16Of(head);
  return encoding === undefined ? stream : transcode(stream, encoding, where);
}

function isUtf32([a, b, c, d]: Uint8Array): boolean {
  // With a byte-order mark, or by the zero bytes beside an ASCII character.
  if (a !== 0 && b === 0 && c === 0 && d === 0) return true;
  return (a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && ((c === 0xfe && d === 0xff) || (c === 0 && d !== 0)));
}

function utf16Of(head: Uint8Array): Utf16 | undefined {
  const [a, b, c, d] = head;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  // The first characters of rows are ASCII: a bracket, a quote, a column's name.
  if (head.length < 4) return undefined;
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le';
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? 'utf-16be' : undefined;
}

async function* transcode(stream: ByteStream, encoding: Utf16, where: string): AsyncGenerator<Uint8Array> {
  // Drops the byte-order mark.
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  try {
    for await (const piece of stream) {
      const text = decoder.decode(piece, { stream: true });
      if (text !== '') yield encoder.encode(text);
    }
    const rest = decoder.decode();
    if (rest !== '') yield encoder.encode(rest);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DataError('is cut short, or is not valid UTF-16 although it begins as such', {
      where,
      hint: 'copy or download the file again, or convert it to UTF-8',
      cause: error,
    });
  }
}
