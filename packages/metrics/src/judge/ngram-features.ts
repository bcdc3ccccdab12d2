import { fnv1a, mixBits } from '@pharmacist/core';

/** A sparse vector: distinct buckets, ascending, and a value for each. */
export interface SparseVector {
  readonly buckets: Uint32Array;
  readonly values: Float64Array;
}

/** What of an item is looked at: the answer alone, or the prompt and the words that both share as well. */
export const NGRAM_FEATURE_SETS = ['answer', 'pair'] as const;
export type NgramFeatureSet = (typeof NGRAM_FEATURE_SETS)[number];

/** 2^15: int8 weights of 32 kB; 2^17 gained nothing on answers to unseen prompts. */
export const NUM_NGRAM_BUCKETS = 32_768;

/** Characters of an answer that count: about what the field's judge reads of it (256 tokens), and more than 128 new tokens. */
const MAX_ANSWER_LENGTH = 1000;
const MAX_PROMPT_LENGTH = 500;
const OPENING_WORDS = 12;
const CHARACTER_NGRAMS = [3, 4, 5];

/**
 * Hashed n-grams of one item. Three blocks of the answer: words and pairs of words; the opening words, with their number of words from
 * the start left out; runs of 3 to 5 characters within words, which survive the spelling of small models; and, for `pair`, two more: the
 * prompt's words, and the words that prompt and answer share. A block's counts enter as 1 + ln(count) and have length 1, so that long
 * answers weigh as much as short ones. Buckets are FNV-1a of block and n-gram; one bit of the hash decides the sign, so that collisions
 * cancel on average (Weinberger and others, "Feature Hashing for Large Scale Multitask Learning", ICML 2009).
 */
export function ngramFeatures(item: { readonly prompt: string; readonly answer: string }, set: NgramFeatureSet): SparseVector {
  const answer = words(item.answer.slice(0, MAX_ANSWER_LENGTH));
  const blocks = [
    block('word', [...answer, ...pairs(answer)]),
    block('opening', opening(answer)),
    block('characters', characterRuns(answer)),
  ];
  if (set === 'pair') {
    const prompt = words(item.prompt.slice(0, MAX_PROMPT_LENGTH));
    const inAnswer = new Set(answer);
    blocks.push(
      block('prompt', [...prompt, ...pairs(prompt)]),
      block(
        'shared',
        [...new Set(prompt)].filter((word) => inAnswer.has(word)),
      ),
    );
  }
  return sum(blocks);
}

function words(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll('’', "'")
      .match(/[\p{L}\p{M}']+|\p{N}|[^\p{L}\p{M}\p{N}\s']/gu) ?? []
  );
}

function pairs(tokens: readonly string[]): string[] {
  return tokens.slice(1).map((token, i) => `${tokens[i]!} ${token}`);
}

/** One to three words from the start on: how refusals begin. */
function opening(tokens: readonly string[]): string[] {
  const first = ['^', ...tokens.slice(0, OPENING_WORDS)];
  return [...pairs(first), ...first.slice(2).map((token, i) => `${first[i]!} ${first[i + 1]!} ${token}`)];
}

function characterRuns(tokens: readonly string[]): string[] {
  const runs: string[] = [];
  for (const token of tokens) {
    const padded = ` ${token} `;
    for (const length of CHARACTER_NGRAMS) {
      for (let start = 0; start + length <= padded.length; start++) runs.push(padded.slice(start, start + length));
    }
  }
  return runs;
}

function block(name: string, ngrams: readonly string[]): Map<number, number> {
  const counts = new Map<string, number>();
  for (const ngram of ngrams) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  const values = new Map<number, number>();
  for (const [ngram, count] of counts) {
    const hash = mixBits(fnv1a(`${name}\u0000${ngram}`));
    const bucket = hash % NUM_NGRAM_BUCKETS;
    const sign = hash & 0x80000000 ? -1 : 1;
    values.set(bucket, (values.get(bucket) ?? 0) + sign * (1 + Math.log(count)));
  }
  const norm = Math.hypot(...values.values());
  if (norm > 0) for (const [bucket, value] of values) values.set(bucket, value / norm);
  return values;
}

function sum(blocks: readonly Map<number, number>[]): SparseVector {
  const total = new Map<number, number>();
  for (const values of blocks) for (const [bucket, value] of values) total.set(bucket, (total.get(bucket) ?? 0) + value);
  const buckets = Uint32Array.from(total.keys()).sort();
  return { buckets, values: Float64Array.from(buckets, (bucket) => total.get(bucket)!) };
}
