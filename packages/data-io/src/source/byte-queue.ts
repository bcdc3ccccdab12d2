import type { ByteStream } from './byte-stream.ts';

/** The stream ended too early. */
export class EndOfBytes extends Error {
  constructor() {
    super('unexpected EOF');
  }
}

/** Takes so many bytes at a time from a stream of pieces of any size. */
export class ByteQueue {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(stream: ByteStream) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  /** Exactly `numBytes`, or undefined if the stream ends before the first of them. @throws {EndOfBytes} if it ends before the last. */
  async take(numBytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let numMissing = numBytes;
    while (numMissing > 0) {
      if (this.#piece.length === 0 && !(await this.#next())) {
        if (parts.length === 0) return undefined;
        throw new EndOfBytes();
      }
      const part = this.#piece.subarray(0, numMissing);
      parts.push(part);
      this.#piece = this.#piece.subarray(part.length);
      numMissing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** @throws {EndOfBytes} if the stream ends before. */
  async require(numBytes: number): Promise<Uint8Array> {
    const bytes = await this.take(numBytes);
    if (bytes === undefined) throw new EndOfBytes();
    return bytes;
  }

  /** Passes over bytes without keeping them. @throws {EndOfBytes} if the stream ends before. */
  async skip(numBytes: number): Promise<void> {
    let numLeft = numBytes;
    while (numLeft > 0) {
      if (this.#piece.length === 0 && !(await this.#next())) throw new EndOfBytes();
      const skipped = Math.min(numLeft, this.#piece.length);
      this.#piece = this.#piece.subarray(skipped);
      numLeft -= skipped;
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }

  async #next(): Promise<boolean> {
    const { value, done } = await this.#iterator.next();
    if (done === true) return false;
    this.#piece = value;
    return true;
  }
}
