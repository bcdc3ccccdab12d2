import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { InterruptedError } from '@pharmacist/core';
import { ZstdError, type ZstdBlocks } from './zstd-frames.ts';

/** Whole blocks of one frame, its header before the first, its checksum with the last. */
export type ZstdRequest = Pick<ZstdBlocks, 'pieces' | 'isFrameEnd' | 'checksum'>;

/** What they unpack to, or the library's message. */
export type ZstdReply = { pieces: Uint8Array[] } | { error: string };

/** The decompressor is at work for longer than any sound data of its size takes. */
export class ZstdTimeout extends Error {}

const BASE_MS = 15_000;
/** Ordinary data is unpacked a hundred times as fast. */
const MIN_BYTES_PER_MS = 500;
/** Of JavaScript objects, of which there are few; buffers are bounded by the frames' windows. */
const HEAP_MEGABYTES = 128;

/** The main thread's end of a worker that decompresses Zstandard. */
export class ZstdThread {
  readonly #worker = new Worker(new URL('./zstd-worker.js', import.meta.url), {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  readonly #signal: AbortSignal | undefined;
  /** Only waiting counts. */
  #msLeft = BASE_MS;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#worker.unref();
  }

  /** @throws {InterruptedError} at once on abort. @throws {ZstdTimeout} @throws {ZstdError} with the message of a library that failed. */
  async decompress(request: ZstdRequest): Promise<Uint8Array[]> {
    const start = performance.now();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#msLeft);
    const signals = [limit.signal, ...(this.#signal === undefined ? [] : [this.#signal])];
    this.#worker.ref();
    try {
      this.#worker.postMessage(request, []);
      const [reply] = (await once(this.#worker, 'message', { signal: AbortSignal.any(signals) })) as [ZstdReply];
      if ('error' in reply) throw new ZstdError(reply.error);
      const numBytes = [...request.pieces, ...reply.pieces].reduce((sum, { length }) => sum + length, 0);
      this.#msLeft += numBytes / MIN_BYTES_PER_MS;
      return reply.pieces;
    } catch (error) {
      if (this.#signal?.aborted === true) throw new InterruptedError();
      if (limit.signal.aborted) throw new ZstdTimeout('takes longer to unpack than its size allows');
      throw error;
    } finally {
      clearTimeout(timer);
      this.#msLeft -= performance.now() - start;
      this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
