import { Random } from '@pharmacist/core';

/** Of the words that a text of each topic is made of. */
const VOCABULARY = 40_000;
/** Share of words that come from the topic's own. */
const TOPIC_SHARE = 0.25;
const TOPIC_WORDS = 400;

/** A generated row. */
export interface SyntheticRow {
  readonly id: string;
  readonly prompt: string;
  readonly response: string;
  readonly isTarget: boolean;
  /** The row before it, with a word more. */
  readonly isCopy: boolean;
}

/**
 * Rows of 36 to 84 words by Zipf's law, drawn one by one: a tenth of another topic than the rest (the target's), every twentieth a near-copy. Real pools
 * have more rows of few words and fewer different pairs of words; both make the work of text methods smaller.
 */
export function* syntheticRows(numRows: number, seed: string): Generator<SyntheticRow> {
  const random = new Random(seed);
  let last: SyntheticRow | undefined;
  for (let index = 0; index < numRows; index++) {
    const id = `row-${String(index).padStart(8, '0')}`;
    if (last !== undefined && index % 20 === 19) {
      yield { ...last, id, response: `${last.response} indeed`, isCopy: true };
      continue;
    }
    const isTarget = random.uniform() < 0.1;
    const text = (numWords: number) => Array.from({ length: numWords }, () => wordOf(random, isTarget)).join(' ');
    last = { id, prompt: `${text(6 + random.integer(12))}?`, response: `${text(30 + random.integer(42))}.`, isTarget, isCopy: false };
    yield last;
  }
}

function wordOf(random: Random, isTarget: boolean): string {
  if (random.uniform() < TOPIC_SHARE) return `${isTarget ? 'safe' : 'other'}${random.integer(TOPIC_WORDS)}`;
  // Ranks by Zipf's law: the logarithm of the rank is uniform.
  return `w${Math.floor(VOCABULARY ** random.uniform())}`;
}
