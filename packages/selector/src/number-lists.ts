/** Bytes of one block of memory. */
const BLOCK_BYTES = 1 << 22;

/** Many short lists of whole numbers in few large blocks: a typed array of its own would cost each list more than its numbers. */
export class NumberLists {
  readonly #make: (length: number) => Uint16Array | Uint32Array;
  readonly #blocks: (Uint16Array | Uint32Array)[] = [];
  readonly #places: { readonly block: number[]; readonly start: number[]; readonly end: number[] } = { block: [], start: [], end: [] };
  #used = 0;
  #numBytes = 0;

  /** @param bound the numbers are below it; up to 2^16 they take two bytes, else four. */
  constructor(bound: number) {
    this.#make = bound <= 0x10000 ? (length) => new Uint16Array(length) : (length) => new Uint32Array(length);
  }

  get count(): number {
    return this.#places.end.length;
  }

  /** Bytes of all blocks. */
  get numBytes(): number {
    return this.#numBytes;
  }

  push(list: ArrayLike<number>): void {
    if (this.#blocks.length === 0 || this.#used + list.length > this.#blocks.at(-1)!.length) {
      const block = this.#make(Math.max(BLOCK_BYTES / this.#make(0).BYTES_PER_ELEMENT, list.length));
      this.#blocks.push(block);
      this.#numBytes += block.byteLength;
      this.#used = 0;
    }
    this.#blocks.at(-1)!.set(list, this.#used);
    this.#places.block.push(this.#blocks.length - 1);
    this.#places.start.push(this.#used);
    this.#used += list.length;
    this.#places.end.push(this.#used);
  }

  /** A view of the list that was pushed as number `index`. */
  at(index: number): Uint16Array | Uint32Array {
    return this.#blocks[this.#places.block[index]!]!.subarray(this.#places.start[index], this.#places.end[index]);
  }
}
