type Numbers = Float64Array | Uint32Array | Int32Array | Uint8Array;

const FIRST_LENGTH = 1024;
/** The numbers of a block, a power of two. */
const BLOCK_BITS = 18;
const BLOCK_LENGTH = 1 << BLOCK_BITS;

/**
 * A list that grows: numbers of millions of rows without a boxed value, or eight bytes, for each. It lies in blocks: one array would have room for up to twice its
 * numbers, and both the old and the new one would be there while it grows.
 */
export class TypedList<A extends Numbers> {
  readonly #make: (length: number) => A;
  /** All full but the last. The first grows until it is as long as the others. */
  readonly #blocks: A[];
  #length = 0;

  /** @param make an array of zeros. */
  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#blocks = [make(FIRST_LENGTH)];
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    const block = this.#length >>> BLOCK_BITS;
    if (block === this.#blocks.length) this.#blocks.push(this.#make(BLOCK_LENGTH));
    else if (this.#length === this.#blocks[block]!.length) this.#blocks[block] = this.#larger(this.#blocks[block]!);
    this.#blocks[block]![this.#length & (BLOCK_LENGTH - 1)] = value;
    this.#length++;
  }

  at(index: number): number {
    return this.#blocks[index >>> BLOCK_BITS]![index & (BLOCK_LENGTH - 1)]!;
  }

  set(index: number, value: number): void {
    this.#blocks[index >>> BLOCK_BITS]![index & (BLOCK_LENGTH - 1)] = value;
  }

  /** The numbers so far as one array, a copy. */
  values(): A {
    const values = this.#make(this.#length);
    for (const [block, numbers] of this.#blocks.entries()) {
      const start = block * BLOCK_LENGTH;
      values.set(numbers.subarray(0, this.#length - start), start);
    }
    return values;
  }

  #larger(block: A): A {
    const larger = this.#make(2 * block.length);
    larger.set(block);
    return larger;
  }
}
