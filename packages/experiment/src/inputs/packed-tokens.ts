import type { TokenizedRow } from '@pharmacist/language-model';
import { NumberLists } from '@pharmacist/selector';

const TRUNCATED = 1;
const HAS_TARGETS = 2;

/**
 * Tokens of many rows in few large blocks, or only what is known of them: what a method that reads no tokens does not need is made again when it
 * is asked for.
 */
export class PackedTokens {
  readonly #ids: NumberLists | undefined;
  readonly #tokenize: (index: number) => TokenizedRow;
  readonly #numPromptTokens: number[] = [];
  readonly #flags: number[] = [];
  numTruncated = 0;
  numWithoutTargets = 0;

  /**
   * @param vocabSize all ids are below it. @param isKept whether the ids are kept.
   * @param tokenize makes the tokens of a row, the same each time.
   */
  constructor({ vocabSize, isKept, tokenize }: { vocabSize: number; isKept: boolean; tokenize: (index: number) => TokenizedRow }) {
    this.#ids = isKept ? new NumberLists(vocabSize) : undefined;
    this.#tokenize = tokenize;
  }

  get count(): number {
    return this.#flags.length;
  }

  /** Tokenises rows up to number `end`. */
  addUpTo(end: number): void {
    const rows = Array.from({ length: end - this.count }, (_, i) => this.#tokenize(this.count + i));
    for (const row of rows) this.#add(row);
  }

  #add({ inputIds, numPromptTokens, truncated, hasTargets }: TokenizedRow): void {
    this.#ids?.push(inputIds);
    this.#numPromptTokens.push(numPromptTokens);
    this.#flags.push((truncated ? TRUNCATED : 0) | (hasTargets ? HAS_TARGETS : 0));
    if (truncated) this.numTruncated++;
    if (!hasTargets) this.numWithoutTargets++;
  }

  /** The tokens of row number `index`; the ids are an array of their own each time. */
  at(index: number): TokenizedRow {
    const [ids, tokenize, flags] = [this.#ids, this.#tokenize, this.#flags[index]!];
    return {
      numPromptTokens: this.#numPromptTokens[index]!,
      truncated: (flags & TRUNCATED) !== 0,
      hasTargets: (flags & HAS_TARGETS) !== 0,
      get inputIds() {
        return ids === undefined ? tokenize(index).inputIds : new Int32Array(ids.at(index));
      },
    };
  }
}
