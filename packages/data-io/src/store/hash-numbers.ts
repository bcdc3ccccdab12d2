import { TypedList } from '@pharmacist/core';

const HALF_DIGITS = 8;

/**
 * Different hashes, numbered from 0 in order of first occurrence: 16 to 24 bytes each, and as many as there are, where a map ends at 16.7 million. Told apart by
 * their first 64 bits: among a hundred million, two are the same by chance once in four thousand times.
 */
export class HashNumbers {
  readonly #high = new TypedList((length) => new Uint32Array(length));
  readonly #low = new TypedList((length) => new Uint32Array(length));
  /** Open addressing: numbers plus one, 0 where there is none. */
  #slots = new Int32Array(1024);

  get length(): number {
    return this.#low.length;
  }

  /** The number of a hash, in hexadecimal; of one that is new, the `length` until now. */
  numberOf(hash: string): number {
    if (2 * (this.length + 1) > this.#slots.length) this.#grow();
    const [high, low] = [halfOf(hash, 0), halfOf(hash, HALF_DIGITS)];
    const slot = this.#slotOf(high, low);
    const known = this.#slots[slot]! - 1;
    if (known >= 0) return known;
    this.#high.push(high);
    this.#low.push(low);
    this.#slots[slot] = this.length;
    return this.length - 1;
  }

  /** The first 16 digits of the hash that has a number. */
  hashOf(number: number): string {
    return [this.#high, this.#low].map((half) => half.at(number).toString(16).padStart(HALF_DIGITS, '0')).join('');
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    let slot = low & mask;
    for (;;) {
      const number = this.#slots[slot]! - 1;
      if (number < 0 || (this.#low.at(number) === low && this.#high.at(number) === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.length; number++) {
      let slot = this.#low.at(number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

function halfOf(hash: string, start: number): number {
  return Number.parseInt(hash.slice(start, start + HALF_DIGITS), 16);
}
