import { ConfigError } from '@pharmacist/core';
import { BYTE_TO_CHARACTER, bytesAsCharacters, splitWords } from './byte-level.ts';
import { PairHeap } from './pair-heap.ts';

/** A byte-level BPE vocabulary. */
export interface BpeVocabulary {
  /** Special tokens first, then the 256 byte characters in code-point order, then one token a merge; the index is the id. */
  tokens: string[];
  /** In the order they are applied: earlier merges win. */
  merges: [left: string, right: string][];
  numSpecialTokens: number;
}

export interface BpeTrainerOptions {
  /** Size of the whole vocabulary, special tokens included. */
  vocabSize: number;
  /** Tokens that no text produces; they take the ids 0, 1, … */
  specialTokens: readonly string[];
  /** A pair that occurs less often is never merged. */
  minPairCount?: number;
}

/**
 * Learns byte-pair merges (Sennrich et al., arXiv:1508.07909) over the words of `texts`, greedily by count.
 *
 * Works on distinct words with their counts and updates pair counts only in the words that a merge touches, so that its cost follows the
 * vocabulary and not the text. Ties go to the pair with the smaller ids: the result depends on the text alone, not on its order.
 * Stops early if no pair occurs at least `minPairCount` times.
 * @throws {ConfigError} if `vocabSize` has no room for the special tokens and the 256 bytes.
 */
export function trainBpe(texts: Iterable<string>, { vocabSize, specialTokens, minPairCount = 2 }: BpeTrainerOptions): BpeVocabulary {
  const smallest = specialTokens.length + BYTE_TO_CHARACTER.length;
  if (!Number.isInteger(vocabSize) || vocabSize < smallest) {
    throw new ConfigError(`a byte-level vocabulary needs at least ${smallest} tokens, got ${vocabSize}`, {
      where: 'vocabSize',
      hint: `use ${smallest} or more`,
    });
  }
  const tokens = [...specialTokens, ...BYTE_TO_CHARACTER.toSorted()];
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const words = countWords(texts).map(([word, count]) => ({
    ids: Array.from(bytesAsCharacters(word), (character) => idOf.get(character)!),
    count,
  }));

  const pairs = new PairTable();
  words.forEach(({ ids, count }, wordIndex) => {
    for (let i = 0; i + 1 < ids.length; i++) pairs.add(ids[i]!, ids[i + 1]!, count, wordIndex);
  });
  pairs.flush();

  const merges: [string, string][] = [];
  while (tokens.length < vocabSize) {
    const best = pairs.takeMostFrequent();
    if (best === undefined || best.count < minPairCount) break;
    const { left, right } = best;
    const merged = tokens.push(tokens[left]! + tokens[right]!) - 1;
    merges.push([tokens[left]!, tokens[right]!]);
    for (const wordIndex of best.wordIndices) {
      const word = words[wordIndex]!;
      word.ids = mergeInWord(word.ids, left, right, merged, word.count, wordIndex, pairs);
    }
    pairs.flush();
  }
  return { tokens, merges, numSpecialTokens: specialTokens.length };
}

function countWords(texts: Iterable<string>): [word: string, count: number][] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts];
}

/** Replaces each occurrence of the pair from left to right, and tells `pairs` which neighbours went and which came. */
function mergeInWord(
  ids: readonly number[],
  left: number,
  right: number,
  merged: number,
  count: number,
  wordIndex: number,
  pairs: PairTable,
): number[] {
  const result: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] !== left || ids[i + 1] !== right) {
      result.push(ids[i]!);
      continue;
    }
    result.push(merged);
    i++;
  }
  if (result.length === ids.length) return result;
  for (let i = 0; i + 1 < ids.length; i++) pairs.add(ids[i]!, ids[i + 1]!, -count, wordIndex);
  for (let i = 0; i + 1 < result.length; i++) pairs.add(result[i]!, result[i + 1]!, count, wordIndex);
  return result;
}

interface PairEntry {
  left: number;
  right: number;
  count: number;
  /** Words that held the pair at some time; a superset of those that hold it now. */
  wordIndices: Set<number>;
}

/** Counts of neighbouring pairs with the words they occur in. */
class PairTable {
  readonly #entries = new Map<number, PairEntry>();
  readonly #heap = new PairHeap();
  readonly #changed = new Set<PairEntry>();

  add(left: number, right: number, change: number, wordIndex: number): void {
    const key = left * 0x100000 + right;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { left, right, count: 0, wordIndices: new Set() };
      this.#entries.set(key, entry);
    }
    entry.count += change;
    if (change > 0) entry.wordIndices.add(wordIndex);
    this.#changed.add(entry);
  }

  /** Makes the changes since the last call visible to {@link takeMostFrequent}. */
  flush(): void {
    for (const { left, right, count } of this.#changed) if (count > 0) this.#heap.push({ left, right, count });
    this.#changed.clear();
  }

  takeMostFrequent(): PairEntry | undefined {
    for (let top = this.#heap.pop(); top !== undefined; top = this.#heap.pop()) {
      const entry = this.#entries.get(top.left * 0x100000 + top.right)!;
      if (entry.count === top.count && entry.count > 0) return entry;
    }
    return undefined;
  }
}
