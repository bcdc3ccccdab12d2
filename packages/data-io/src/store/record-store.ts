import { TypedList } from '@pharmacist/core';
import { SpillFile } from './spill-file.ts';

/** Bytes of one block of memory, powers of two: of a store that keeps little, smaller ones. */
const [LEAST_BLOCK, MOST_BLOCK] = [1 << 16, 1 << 22];
const LEAST_BLOCKS = 4;
/** Of a store that names no other bound. */
const KEPT_BYTES = 2 ** 27;

export interface StoreOptions {
  /** Bytes kept in memory, 128 MiB if left out; what comes after them is in a temporary file. It decides nothing but where a record lies. */
  readonly keptBytes?: number | undefined;
}

/** Records by their places. */
export interface Records {
  readonly count: number;
  /** The bytes of record number `index`; they stay as they are. */
  at(index: number): Buffer;
}

/**
 * Records of bytes, in memory up to a bound and behind it in a temporary file: 8 bytes a record beside the bound, however many there are.
 * They are written once, then read from anywhere; reading in order costs next to nothing, another order a call of the system each.
 */
export class RecordStore implements Records {
  readonly #blockBytes: number;
  readonly #maxBlocks: number;
  readonly #keptBytes: number;
  readonly #blocks: Buffer[] = [];
  /** The block that is being filled. */
  #tail = Buffer.alloc(0);
  #tailUsed = 0;
  /** Of each record and, last, the end of all. */
  readonly #starts = new TypedList((length) => new Float64Array(length));
  #end = 0;
  #spill: SpillFile | undefined;

  constructor({ keptBytes = KEPT_BYTES }: StoreOptions = {}) {
    this.#keptBytes = keptBytes;
    this.#blockBytes = Math.min(MOST_BLOCK, Math.max(LEAST_BLOCK, 2 ** Math.floor(Math.log2(keptBytes / LEAST_BLOCKS))));
    this.#maxBlocks = Math.floor(keptBytes / this.#blockBytes);
    this.#starts.push(0);
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  /** Of all records. */
  get numBytes(): number {
    return this.#end;
  }

  /** Whether some of it is in a file. */
  get isSpilled(): boolean {
    return this.#spill !== undefined;
  }

  push(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      if (this.#tailUsed === this.#tail.length) this.#nextBlock();
      const piece = bytes.subarray(done, done + this.#tail.length - this.#tailUsed);
      this.#tail.set(piece, this.#tailUsed);
      this.#tailUsed += piece.length;
      done += piece.length;
    }
    this.#end += bytes.length;
    this.#starts.push(this.#end);
  }

  /** As UTF-8. @param text without lone surrogates, which UTF-8 does not have. */
  pushText(text: string): void {
    const numBytes = Buffer.byteLength(text);
    if (this.#tailUsed + numBytes > this.#tail.length) return this.push(Buffer.from(text));
    this.#tail.write(text, this.#tailUsed);
    this.#tailUsed += numBytes;
    this.#end += numBytes;
    this.#starts.push(this.#end);
  }

  at(index: number): Buffer {
    const [start, end] = [this.#starts.at(index), this.#starts.at(index + 1)];
    const block = Math.floor(start / this.#blockBytes);
    const from = start - block * this.#blockBytes;
    // Kept blocks do not change any more: a view of one stays what it is.
    if (block < this.#blocks.length && from + end - start <= this.#blockBytes)
      return this.#blocks[block]!.subarray(from, from + end - start);
    return this.#assembled(start, end);
  }

  /**
   * The records of `order` in that order, each at most once. Where they are in a file they are moved, by parts that fit into memory (an external sort whose result is
   * known), so that reading them one after the other is reading a file from its beginning to its end. Records that are in that order stay where they are.
   * @param order numbers of records. @throws {InterruptedError}
   */
  async inOrder(order: Int32Array, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Records> {
    if (order.length === this.count && order.every((index, place) => index === place)) return this;
    if (!this.isSpilled) return { count: order.length, at: (index) => this.at(order[index]!) };
    const { distributed } = await import('./distribute.ts');
    const sorted = new RecordStore({ keptBytes: this.#keptBytes });
    for await (const records of distributed(this, order, this.numBytes, signal)) {
      for (const record of records) sorted.push(record);
    }
    return sorted;
  }

  #nextBlock(): void {
    if (this.#tailUsed > 0) {
      if (this.#blocks.length < this.#maxBlocks) this.#blocks.push(this.#tail);
      else (this.#spill ??= new SpillFile()).write(this.#tail);
    }
    // What was written to the file may be overwritten: nobody has a view of it.
    if (this.#spill === undefined) this.#tail = Buffer.allocUnsafeSlow(this.#blockBytes);
    this.#tailUsed = 0;
  }

  #assembled(start: number, end: number): Buffer {
    const spillStart = this.#blocks.length * this.#blockBytes;
    const tailStart = spillStart + (this.#spill?.numBytes ?? 0);
    // Out of one place, mostly.
    if (this.#spill !== undefined && start >= spillStart && end <= tailStart) return this.#spill.read(start - spillStart, end - spillStart);
    const bytes = Buffer.allocUnsafeSlow(end - start);
    let at = start;
    while (at < end) {
      const piece = this.#pieceFrom(at, end, { spillStart, tailStart });
      bytes.set(piece, at - start);
      at += piece.length;
    }
    return bytes;
  }

  /** Bytes from `at` on, as far as they lie together. */
  #pieceFrom(at: number, end: number, { spillStart, tailStart }: { spillStart: number; tailStart: number }): Buffer {
    if (at >= tailStart) return this.#tail.subarray(at - tailStart, end - tailStart);
    if (at >= spillStart) return this.#spill!.read(at - spillStart, Math.min(end, tailStart) - spillStart);
    const block = Math.floor(at / this.#blockBytes);
    return this.#blocks[block]!.subarray(at - block * this.#blockBytes, Math.min(end - block * this.#blockBytes, this.#blockBytes));
  }
}
