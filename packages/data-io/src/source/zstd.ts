import type { ByteStream } from './byte-stream.ts';

/*
 * Node 20 has no Zstandard in node:zlib. Reading is by fzstd: pure JavaScript, 8 kB, streams with a bounded window, takes concatenated
 * frames, reports truncation; it is also what hyparquet's own companion uses. It cannot write, so writing is by
 * @hpcc-js/wasm-zstd: the reference implementation as WebAssembly, maintained, with streaming compression into one frame (its
 * streaming decompressor drops what does not fit the buffer it was given, hence not used). Both are used on every Node version so that
 * bytes do not depend on it.
 */

const PIECE_BYTES = 1 << 16;

/** Decompresses frame after frame, piece by piece. Throws fzstd's error on damage or a missing end. */
export async function* zstdDecompress(stream: ByteStream): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import('fzstd');
  let ready: Uint8Array[] = [];
  // fzstd reuses its window for later output: what it hands out must be copied before the next push.
  const decompressor = new Decompress((piece) => ready.push(piece.slice()));
  let isEmpty = true;
  for await (const piece of stream) {
    // Small pushes bound what one push can unfold to.
    for (let start = 0; start < piece.length; start += PIECE_BYTES) {
      isEmpty = false;
      decompressor.push(piece.subarray(start, start + PIECE_BYTES));
      yield* ready;
      ready = [];
    }
  }
  if (isEmpty) throw new Error('unexpected EOF');
  decompressor.push(new Uint8Array(0), true);
  yield* ready;
}

/** The WebAssembly module holds one compression state: writers take turns. */
let turn: Promise<void> = Promise.resolve();

/** Compresses into a single frame at the default level; equal bytes give equal bytes, however they were cut into pieces. */
export async function* zstdCompress(stream: ByteStream): AsyncGenerator<Uint8Array> {
  const { Zstd } = await import('@hpcc-js/wasm-zstd');
  const zstd = await Zstd.load();
  const previous = turn;
  let release: (() => void) | undefined;
  turn = new Promise((resolve) => (release = resolve));
  try {
    await previous;
    zstd.reset();
    for await (const piece of exactPieces(stream)) {
      const compressed = zstd.compressChunk(piece);
      if (compressed.length > 0) yield compressed;
    }
    yield zstd.compressEnd();
  } finally {
    release?.();
  }
}

/** Cuts a stream anew into pieces of one size: match finding restarts nowhere, but block borders follow the pieces. */
async function* exactPieces(stream: ByteStream): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let filled = 0;
  for await (const incoming of stream) {
    for (let start = 0; start < incoming.length;) {
      const taken = Math.min(PIECE_BYTES - filled, incoming.length - start);
      piece.set(incoming.subarray(start, start + taken), filled);
      filled += taken;
      start += taken;
      if (filled === PIECE_BYTES) {
        yield piece;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
