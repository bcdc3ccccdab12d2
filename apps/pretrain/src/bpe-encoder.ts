import { InternalError } from '@pharmacist/core';
import { bytesAsCharacters, charactersAsText, splitWords } from './byte-level.ts';
import type { BpeVocabulary } from './bpe-trainer.ts';

/**
 * Text to ids and back through one vocabulary, with every word's ids remembered: packing a corpus costs one look-up a word.
 * Special tokens are never produced from text, and none is added.
 */
export class BpeEncoder {
  readonly #tokens: readonly string[];
  readonly #numSpecialTokens: number;
  readonly #idOf: Map<string, number>;
  readonly #mergeRank: Map<string, number>;
  readonly #wordIds = new Map<string, readonly number[]>();

  constructor({ tokens, merges, numSpecialTokens }: BpeVocabulary) {
    this.#tokens = tokens;
    this.#numSpecialTokens = numSpecialTokens;
    this.#idOf = new Map(tokens.map((token, id) => [token, id]));
    this.#mergeRank = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of splitWords(text)) {
      let wordIds = this.#wordIds.get(word);
      if (wordIds === undefined) {
        wordIds = this.#encodeWord(word);
        this.#wordIds.set(word, wordIds);
      }
      for (const id of wordIds) ids.push(id);
    }
    return ids;
  }

  /** Special tokens are left out. */
  decode(ids: Iterable<number>): string {
    let characters = '';
    for (const id of ids) if (id >= this.#numSpecialTokens) characters += this.#tokens[id] ?? '';
    return charactersAsText(characters);
  }

  #encodeWord(word: string): number[] {
    const parts = Array.from(bytesAsCharacters(word));
    for (;;) {
      let bestRank = Infinity;
      for (let i = 0; i + 1 < parts.length; i++) {
        bestRank = Math.min(bestRank, this.#mergeRank.get(`${parts[i]} ${parts[i + 1]}`) ?? Infinity);
      }
      if (bestRank === Infinity) break;
      for (let i = 0; i + 1 < parts.length; i++) {
        if (this.#mergeRank.get(`${parts[i]} ${parts[i + 1]}`) === bestRank) parts.splice(i, 2, parts[i]! + parts[i + 1]!);
      }
    }
    return parts.map((part) => {
      const id = this.#idOf.get(part);
      if (id === undefined) throw new InternalError(`the vocabulary lacks "${part}"`, { where: 'pretrain/BpeEncoder' });
      return id;
    });
  }
}
