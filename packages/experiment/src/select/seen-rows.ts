import { fnv1a, lazyList, memberOf, slices, TypedList } from '@pharmacist/core';
import { type AlignmentRow, normalisePrompt } from '@pharmacist/data-io';

/** What is looked at of each row of the pool while it is read: 8 bytes a row. */
export class SeenRows {
  /** One string for all rows of a kind. */
  readonly #names: string[] = [];
  readonly #numberOfName = new Map<string, number>();
  /** Of each row the number of its kind, counted from 1; 0 if it says none. */
  readonly #kinds = new TypedList((length) => new Uint32Array(length));
  readonly #promptHashes = new TypedList((length) => new Uint32Array(length));

  add({ prompt, fields: { kind } }: Pick<AlignmentRow, 'prompt' | 'fields'>): void {
    this.#promptHashes.push(hashOf(prompt));
    if (typeof kind !== 'string') return this.#kinds.push(0);
    let number = this.#numberOfName.get(kind);
    if (number === undefined) this.#numberOfName.set(kind, (number = this.#names.push(kind)));
    this.#kinds.push(number);
  }

  kinds(): readonly (string | undefined)[] {
    return lazyList(this.#kinds.length, (index) => this.#names[this.#kinds.at(index) - 1]);
  }

  /** Rows of the pool, read anew one by one, whose prompt may be one of these. @param pool the rows that were added. @throws {InterruptedError} */
  async *withPrompts(
    prompts: Iterable<string>,
    pool: readonly AlignmentRow[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<AlignmentRow> {
    const hashes = new Set(Array.from(prompts, hashOf));
    const rowAt = memberOf(pool);
    for await (const [start, end] of slices(this.#promptHashes.length, { signal })) {
      for (let index = start; index < end; index++) if (hashes.has(this.#promptHashes.at(index))) yield rowAt(index);
    }
  }
}

function hashOf(prompt: string): number {
  return fnv1a(normalisePrompt(prompt)) >>> 0;
}
