import { RecordStore, type StoreOptions } from '@pharmacist/data-io';

type Numbers = Uint16Array | Uint32Array;

/**
 * Many short lists of whole numbers, in memory up to a bound (128 MiB) and behind it in a temporary file: 8 bytes a list beside the bound, where a typed array of its
 * own would cost each list more than its numbers.
 */
export class NumberLists {
  readonly #make: (length: number) => Numbers;
  readonly #view: (bytes: Buffer) => Numbers;
  readonly #records: RecordStore;
  #buffer: Numbers;

  /** @param bound the numbers are below it; up to 2^16 they take two bytes, else four. */
  constructor(bound: number, options: StoreOptions = {}) {
    const isShort = bound <= 0x10000;
    this.#make = isShort ? (length) => new Uint16Array(length) : (length) => new Uint32Array(length);
    this.#view = isShort
      ? ({ buffer, byteOffset, length }) => new Uint16Array(buffer, byteOffset, length / Uint16Array.BYTES_PER_ELEMENT)
      : ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, length / Uint32Array.BYTES_PER_ELEMENT);
    this.#records = new RecordStore(options);
    this.#buffer = this.#make(0);
  }

  get count(): number {
    return this.#records.count;
  }

  /** Bytes of all numbers, wherever they are. */
  get numBytes(): number {
    return this.#records.numBytes;
  }

  push(list: ArrayLike<number>): void {
    if (this.#buffer.length < list.length) this.#buffer = this.#make(2 * list.length);
    this.#buffer.set(list);
    this.#records.push(new Uint8Array(this.#buffer.buffer, 0, list.length * this.#buffer.BYTES_PER_ELEMENT));
  }

  /** A view of the list that was pushed as number `index`; it stays as it is. */
  at(index: number): Numbers {
    return this.#view(this.#records.at(index));
  }

  /** Lists by their numbers, in this order: what is in a file is moved, see `RecordStore.inOrder`. */
  async inOrder(order: Int32Array, signal?: AbortSignal): Promise<{ at(index: number): Numbers }> {
    const records = await this.#records.inOrder(order, { signal });
    return { at: (index) => this.#view(records.at(index)) };
  }
}
