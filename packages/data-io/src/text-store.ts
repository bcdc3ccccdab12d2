/** Bytes of one block of memory. */
const BLOCK_BYTES = 1 << 22;

/** Many texts as UTF-8 in few large blocks, outside the heap: as strings each would cost its header, and two bytes a character if one is not Latin-1. */
export class TextStore {
  readonly #blocks: Buffer[] = [];
  readonly #places: { readonly block: number[]; readonly start: number[]; readonly end: number[] } = { block: [], start: [], end: [] };
  #used = 0;

  get count(): number {
    return this.#places.end.length;
  }

  /** @param text without lone surrogates, which UTF-8 does not have. */
  push(text: string): void {
    const length = Buffer.byteLength(text);
    if (this.#blocks.length === 0 || this.#used + length > this.#blocks.at(-1)!.length) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, length)));
      this.#used = 0;
    }
    this.#blocks.at(-1)!.write(text, this.#used);
    this.#places.block.push(this.#blocks.length - 1);
    this.#places.start.push(this.#used);
    this.#used += length;
    this.#places.end.push(this.#used);
  }

  /** The text that was pushed as number `index`. */
  at(index: number): string {
    return this.#blocks[this.#places.block[index]!]!.toString('utf8', this.#places.start[index], this.#places.end[index]);
  }
}
