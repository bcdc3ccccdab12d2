import { ByteQueue } from './byte-queue.ts';
import type { ByteStream } from './byte-stream.ts';
import { zstdBlocks, ZstdError } from './zstd-frames.ts';
import { ZstdThread } from './zstd-thread.ts';

/*
 * Node 20 has no Zstandard in node:zlib. Reading is by fzstd: pure JavaScript, 8 kB, streams with a bounded window; it is also what
 * hyparquet's own companion uses; it passes over checksums, which zstd-worker.js compares. It cannot write, so writing is by @hpcc-js/wasm-zstd: the reference implementation as WebAssembly,
 * maintained, with streaming compression into one frame (its streaming decompressor drops errors and what does not fit the buffer it was
 * given, hence not used). Both are used on every Node version so that bytes do not depend on it.
 */

const PIECE_BYTES = 1 << 16;

/**
 * Decompresses frame after frame, a few blocks at a time, off the main thread.
 * @throws {ZstdLimit} if it asks for more than is read here. @throws {ZstdTimeout} @throws {ZstdError} on damage.
 * @throws {EndOfBytes} on a missing end.
 * @throws {InterruptedError} at once on abort.
 */
export async function* zstdDecompress(stream: ByteStream, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const queue = new ByteQueue(stream);
  const thread = new ZstdThread(signal);
  let frameBytes = 0n;
  try {
    for await (const { contentBytes, ...blocks } of zstdBlocks(queue)) {
      for (const piece of await thread.decompress(blocks)) {
        frameBytes += BigInt(piece.length);
        yield piece;
      }
      if (!blocks.isFrameEnd) continue;
      if (contentBytes !== undefined && contentBytes !== frameBytes) {
        throw new ZstdError(`a frame of ${frameBytes} bytes that should have ${contentBytes}`);
      }
      frameBytes = 0n;
    }
  } finally {
    await Promise.all([thread.close(), queue.close()]);
  }
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
