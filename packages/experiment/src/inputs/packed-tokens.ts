import { lazyList, TypedList } from '@pharmacist/core';
import type { StoreOptions } from '@pharmacist/data-io';
import type { TokenizedRow } from '@pharmacist/language-model';
import { type FoundTokens, NumberLists } from '@pharmacist/selector';

const TRUNCATED = 1;
const HAS_TARGETS = 2;

export interface PackedTokensOptions extends StoreOptions {
  /** All ids are below it. */
  readonly vocabSize: number;
  /** Whether the ids are kept. */
  readonly isKept: boolean;
  /** Makes the tokens of a row, the same each time. */
  tokenize(index: number): TokenizedRow;
}

/**
 * Tokens of many rows, in memory up to a bound and behind it in a file; or only what is known of them: what a method that reads no tokens does not need is made
 * again when it is asked for. Memory beside the bound: 13 bytes a row.
 */
export class PackedTokens {
  #ids: NumberLists | undefined;
  readonly #options: PackedTokensOptions;
  readonly #numPromptTokens = new TypedList((length) => new Int32Array(length));
  readonly #flags = new TypedList((length) => new Uint8Array(length));
  numTruncated = 0;
  numWithoutTargets = 0;

  constructor(options: PackedTokensOptions) {
    this.#options = options;
    this.#ids = options.isKept ? new NumberLists(options.vocabSize, options) : undefined;
  }

  get count(): number {
    return this.#flags.length;
  }

  /** Takes the tokens of the next row. */
  push({ inputIds, numPromptTokens, truncated, hasTargets }: FoundTokens): void {
    this.#ids?.push(inputIds);
    this.#numPromptTokens.push(numPromptTokens);
    this.#flags.push((truncated ? TRUNCATED : 0) | (hasTargets ? HAS_TARGETS : 0));
    if (truncated) this.numTruncated++;
    if (!hasTargets) this.numWithoutTargets++;
  }

  /** The tokens of row number `index`; the ids are an array of their own each time. */
  at(index: number): TokenizedRow {
    return this.#row(index, this.#ids && { at: () => this.#ids!.at(index) });
  }

  /**
   * Rows by their numbers, in this order; what is in a file is moved, so that it is read from one end to the other. These rows have the tokens then: what
   * else is asked for one by its number makes them again.
   */
  async inOrder(order: Int32Array, signal?: AbortSignal): Promise<readonly TokenizedRow[]> {
    const ids = await this.#ids?.inOrder(order, signal);
    this.#ids = undefined;
    return lazyList(order.length, (place) => this.#row(order[place]!, ids && { at: () => ids.at(place) }));
  }

  #row(index: number, ids: { at(): ArrayLike<number> } | undefined): TokenizedRow {
    const flags = this.#flags.at(index);
    const { tokenize } = this.#options;
    return {
      numPromptTokens: this.#numPromptTokens.at(index),
      truncated: (flags & TRUNCATED) !== 0,
      hasTargets: (flags & HAS_TARGETS) !== 0,
      get inputIds() {
        return ids === undefined ? tokenize(index).inputIds : new Int32Array(ids.at());
      },
    };
  }
}
