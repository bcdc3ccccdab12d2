import { writeFileAtomic } from '@pharmacist/core';
import type { ByteStream } from '../source/byte-stream.ts';
import { compress } from '../source/compression.ts';
import { formatOfName } from '../source/row-format.ts';

const PIECE_CHARACTERS = 1 << 16;

/** Writes whole or not at all, compressed if the name ends in .gz or .zst. @throws {FileError} if it cannot be written. */
export async function writeBytes(path: string, bytes: ByteStream): Promise<void> {
  const { compression } = formatOfName(path);
  await writeFileAtomic(path, compression === undefined ? bytes : compress(bytes, compression));
}

/** Encodes text as UTF-8 in pieces of a useful size. */
export async function* encodeText(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<Uint8Array> {
  let pending = '';
  for await (const text of texts) {
    pending += text;
    if (pending.length >= PIECE_CHARACTERS) {
      yield Buffer.from(pending);
      pending = '';
    }
  }
  if (pending !== '') yield Buffer.from(pending);
}
