import { Readable, pipeline } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { DataError, PharmacistError, throwIfAborted } from '@pharmacist/core';
import { EndOfBytes } from './byte-queue.ts';
import type { ByteStream } from './byte-stream.ts';
import type { Compression } from './row-format.ts';
import { ZstdError, ZstdLimit } from './zstd-frames.ts';
import { ZstdTimeout } from './zstd-thread.ts';
import { zstdCompress, zstdDecompress } from './zstd.ts';

/** Beyond this, contents may be no more than `MAX_GROWTH` times what is stored: rows of text come to a tenth of that. */
const FREE_BYTES = 2 ** 30;
const MAX_GROWTH = 1000;

/**
 * @throws {DataError} if the compressed bytes are damaged, end early or unpack to far more than any text does.
 * @throws {InterruptedError} on abort.
 */
export async function* decompress(
  stream: ByteStream,
  compression: Compression,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stored = { numBytes: 0 };
  const counted = countBytes(stream, stored);
  let numBytes = 0;
  try {
    for await (const piece of compression === 'gzip' ? throughZlib(counted, createGunzip()) : zstdDecompress(counted, signal)) {
      throwIfAborted(signal);
      numBytes += piece.length;
      if (numBytes > FREE_BYTES && numBytes > MAX_GROWTH * stored.numBytes) {
        throw new DataError(`unpacks to more than ${MAX_GROWTH.toLocaleString('en')} times its size`, {
          where,
          hint: `if that is right, unpack it with ${compression} -d and name the result`,
        });
      }
      yield piece;
    }
  } catch (error) {
    if (error instanceof ZstdLimit || error instanceof ZstdTimeout) {
      throw new DataError(error.message, { where, hint: 'unpack it with zstd -d --long=31 and name the result', cause: error });
    }
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

async function* countBytes(stream: ByteStream, counter: { numBytes: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    counter.numBytes += piece.length;
    yield piece;
  }
}

/** Errors of the operating system and of the network pass through. */
function isCodecError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof ZstdError || error instanceof EndOfBytes || (typeof code === 'string' && code.startsWith('Z_'));
}
