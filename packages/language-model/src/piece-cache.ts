/**
 * The tokens of pieces of text that were seen lately, at most `capacity` of them. In two generations: when the younger is half of the capacity, the older is
 * forgotten and it takes its place. The library's own cache moves an entry of its map whenever it is found, which takes longer than half of tokenising.
 */
export class PieceCache<T> {
  readonly #halfCapacity: number;
  #younger = new Map<string, T>();
  #older = new Map<string, T>();

  /** @param capacity 2 at least. */
  constructor(capacity: number) {
    this.#halfCapacity = Math.floor(capacity / 2);
  }

  get(piece: string): T | undefined {
    const found = this.#younger.get(piece);
    if (found !== undefined) return found;
    const old = this.#older.get(piece);
    if (old !== undefined) this.put(piece, old);
    return old;
  }

  put(piece: string, tokens: T): void {
    if (this.#younger.size >= this.#halfCapacity) {
      this.#older = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(piece, tokens);
  }

  clear(): void {
    this.#younger.clear();
    this.#older.clear();
  }
}
