import { createHash } from 'node:crypto';
import { InterruptedError } from '@pharmacist/core';

/** Bytes in order, in pieces of any size. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** The first `numBytes` (fewer if the stream ends) and an equal stream that still holds them. */
export async function peek(stream: ByteStream, numBytes: number): Promise<{ head: Uint8Array; stream: ByteStream }> {
  const iterator = stream[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let length = 0;
  let ended = false;
  while (length < numBytes && !ended) {
    const { value, done } = await iterator.next();
    ended = done === true;
    if (done !== true) {
      pieces.push(value);
      length += value.length;
    }
  }
  async function* replay(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces;
      while (true) {
        const { value, done } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(pieces).subarray(0, numBytes), stream: replay() };
}

/** Whether the first bytes are these, as Latin-1. */
export function beginsWith(head: Uint8Array, text: string): boolean {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, text.length)).toString('latin1') === text;
}

/** Counts and hashes what flows through it; complete once the stream has ended. */
export class ByteMeter {
  readonly #hash = createHash('sha256');
  #digest: string | undefined;
  numBytes = 0;

  /** SHA-256 of the bytes so far, hexadecimal; no bytes may follow. */
  sha256(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }

  /**
   * Passes `stream` on.
   * @throws {InterruptedError} between two pieces once `signal` is aborted.
   */
  async *measure(stream: ByteStream, signal?: AbortSignal, onBytes?: (numBytes: number) => void): AsyncGenerator<Uint8Array> {
    for await (const piece of stream) {
      if (signal?.aborted === true) throw new InterruptedError();
      this.#hash.update(piece);
      this.numBytes += piece.length;
      onBytes?.(this.numBytes);
      yield piece;
    }
  }
}
