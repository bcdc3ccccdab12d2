import { constants } from 'node:buffer';
import { DataError, fnv1a, mixBits, sortInTurns, TypedList } from '@pharmacist/core';

const FIRST_BYTES = 1 << 16;
const LARGE_BYTES = 1 << 24;
const [NARROW, WIDE] = [0, 1];

/**
 * Ids of many rows outside the heap: their characters and 5 bytes each, where a string would cost 24 beside them. One byte a character up to Latin-1, else two, the
 * higher first, so that the order of bytes is that of JavaScript's strings.
 */
export class IdList {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #numBytes = 0;
  readonly #ends = new TypedList((length) => new Uint32Array(length));
  readonly #widths = new TypedList((length) => new Uint8Array(length));

  get length(): number {
    return this.#ends.length;
  }

  /** @throws {DataError} if all ids have more than 4 GB. */
  push(id: string): void {
    const isWide = /[^\0-\xff]/.test(id);
    const bytes = Buffer.from(id, isWide ? 'utf16le' : 'latin1');
    if (isWide) bytes.swap16();
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#numBytes);
    this.#numBytes += bytes.length;
    this.#ends.push(this.#numBytes);
    this.#widths.push(isWide ? WIDE : NARROW);
  }

  at(index: number): string {
    const [start, end] = [this.#startOf(index), this.#ends.at(index)];
    if (this.#widths.at(index) === NARROW) return this.#bytes.toString('latin1', start, end);
    return Buffer.from(this.#bytes.subarray(start, end)).swap16().toString('utf16le');
  }

  /** Below 0 if the first id comes before the second, as `<` of strings has it. */
  compare(a: number, b: number): number {
    if (this.#widths.at(a) !== this.#widths.at(b)) {
      const [idA, idB] = [this.at(a), this.at(b)];
      return idA < idB ? -1 : idA > idB ? 1 : 0;
    }
    const bytes = this.#bytes;
    let [i, j] = [this.#startOf(a), this.#startOf(b)];
    const [endA, endB] = [this.#ends.at(a), this.#ends.at(b)];
    while (i < endA && j < endB) {
      const difference = bytes[i++]! - bytes[j++]!;
      if (difference !== 0) return difference;
    }
    return endA - i - (endB - j);
  }

  /** Their numbers in the order of the ids. @throws {InterruptedError} */
  async order(signal?: AbortSignal): Promise<Int32Array> {
    return await sortInTurns(this.length, (a, b) => this.compare(a, b), { signal });
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends.at(index - 1);
  }

  #reserve(numBytes: number): void {
    if (this.#numBytes + numBytes <= this.#bytes.length) return;
    const most = Math.min(2 ** 32 - 1, constants.MAX_LENGTH);
    if (this.#numBytes + numBytes > most)
      throw new DataError('the ids of all rows together are longer than 4 GB', { hint: 'give shorter ids' });
    const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(grown(this.#bytes.length), this.#numBytes + numBytes)));
    larger.set(this.#bytes.subarray(0, this.#numBytes));
    this.#bytes = larger;
  }
}

/** Room for more: what a large list may have too much is a quarter. */
function grown(numBytes: number): number {
  return numBytes < LARGE_BYTES ? 2 * numBytes : Math.ceil(1.25 * numBytes);
}

/** Ids, each once, that can be looked up: 12 to 20 bytes each beside the list. */
export class IdIndex {
  readonly ids = new IdList();
  readonly #hashes = new TypedList((length) => new Uint32Array(length));
  /** Open addressing: numbers of ids plus one, 0 where there is none. */
  #slots = new Int32Array(1024);

  /** Number of the id; -1 if it is not there. */
  indexOf(id: string): number {
    return this.#slots[this.#slotOf(id, hashOf(id))]! - 1;
  }

  has(id: string): boolean {
    return this.indexOf(id) >= 0;
  }

  /** Adds an id that is not there yet, as number `ids.length`. */
  add(id: string): void {
    if (2 * (this.ids.length + 1) > this.#slots.length) this.#grow();
    const hash = hashOf(id);
    const slot = this.#slotOf(id, hash);
    this.ids.push(id);
    this.#hashes.push(hash);
    this.#slots[slot] = this.ids.length;
  }

  /** Where the id is, or where it would be. */
  #slotOf(id: string, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const index = this.#slots[slot]! - 1;
      if (index < 0 || (this.#hashes.at(index) === hash && this.ids.at(index) === id)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.ids.length; index++) {
      let slot = this.#hashes.at(index) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

function hashOf(id: string): number {
  return mixBits(fnv1a(id));
}
