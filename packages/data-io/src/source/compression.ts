import { Readable, pipeline } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { DataError, PharmacistError } from '@pharmacist/core';
import type { ByteStream } from './byte-stream.ts';
import type { Compression } from './row-format.ts';
import { zstdCompress, zstdDecompress } from './zstd.ts';

/** @throws {DataError} if the compressed bytes are damaged or end early. */
export async function* decompress(stream: ByteStream, compression: Compression, where: string): AsyncGenerator<Uint8Array> {
  try {
    yield* compression === 'gzip' ? throughZlib(stream, createGunzip()) : zstdDecompress(stream);
  } catch (error) {
    if (error instanceof PharmacistError || !isCodecError(error)) throw error;
    const reason = (error as Error).message;
    const what = /unexpected (end of file|EOF)/i.test(reason)
      ? `is cut short: the ${compression} data has no end`
      : `is not valid ${compression} (${reason})`;
    throw new DataError(what, { where, hint: 'copy or download the file again', cause: error });
  }
}

/** Equal bytes in, equal bytes out: no time stamp, no file name. */
export function compress(stream: ByteStream, compression: Compression): ByteStream {
  return compression === 'gzip' ? throughZlib(stream, createGzip()) : zstdCompress(stream);
}

async function* throughZlib(stream: ByteStream, codec: ReturnType<typeof createGzip>): AsyncGenerator<Uint8Array> {
  // The callback form: an error of the source destroys the codec and reappears where the codec is read.
  pipeline(Readable.from(stream), codec, () => {});
  for await (const piece of codec) yield piece as Uint8Array;
}

/** zlib's errors carry a Z_ code, fzstd's a number; errors of the operating system carry another text and pass through. */
function isCodecError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'number' || (typeof code === 'string' && code.startsWith('Z_')) || (error as Error).message === 'unexpected EOF';
}
