import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

export interface CappedBody {
  readonly text: string;
  /** `cut`: there was more than the limit, and the connection was closed. `broken`: it ended or was damaged on the way. */
  readonly end: 'whole' | 'cut' | 'broken';
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Reads a body as it comes, up to a number of bytes behind its decompression: a flood or a bomb costs the limit, whatever its headers say.
 * A byte order mark at its beginning is dropped.
 */
export async function readCapped(response: IncomingMessage, limitBytes: number): Promise<CappedBody> {
  const chunks: Buffer[] = [];
  let size = 0;
  let end: CappedBody['end'] = 'whole';
  try {
    for await (const chunk of decoded(response) as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, limitBytes - size));
      size += chunk.length;
      if (size <= limitBytes) continue;
      end = 'cut';
      break;
    }
  } catch {
    end = 'broken';
  }
  if (end !== 'whole') response.destroy();
  return { text: new TextDecoder().decode(Buffer.concat(chunks)), end };
}

/** No compression is asked for; some servers compress anyway. One of an unknown kind is read as it is, and found to be no JSON. */
function decoded(response: IncomingMessage): Readable {
  const decoder = DECODERS[response.headers['content-encoding']?.trim().toLowerCase() ?? '']?.();
  if (decoder === undefined) return response;
  // Errors of either reach the reader through the decoder.
  pipeline(response, decoder, () => undefined);
  return decoder;
}
