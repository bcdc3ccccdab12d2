type Numbers = Float64Array | Uint32Array | Int32Array | Uint8Array;

const FIRST_LENGTH = 1024;

/** A typed array that grows: numbers of millions of rows without a boxed value, or eight bytes, for each. */
export class TypedList<A extends Numbers> {
  readonly #make: (length: number) => A;
  #array: A;
  #length = 0;

  /** @param make an array of zeros. */
  constructor(make: (length: number) => A) {
    this.#make = make;
    this.#array = make(FIRST_LENGTH);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#array.length) {
      const larger = this.#make(2 * this.#length);
      larger.set(this.#array);
      this.#array = larger;
    }
    this.#array[this.#length++] = value;
  }

  at(index: number): number {
    return this.#array[index]!;
  }

  set(index: number, value: number): void {
    this.#array[index] = value;
  }

  /** A view of the numbers so far. */
  values(): A {
    return this.#array.subarray(0, this.#length) as A;
  }
}
