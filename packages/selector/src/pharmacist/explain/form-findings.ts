import type { Finding } from '../../selector.ts';
import { ROW_NUMBERS } from '../form/row-numbers.ts';
import type { PoolPlace } from './pool-place.ts';

type RowNumber = (typeof ROW_NUMBERS)[number];

/** A number of form for a person: how it is written, and what it means where it is higher, and where it is lower than in most of the pool. */
interface Words {
  readonly write: (value: number) => string;
  readonly high: string;
  readonly low: string;
}

const nats = (what: string) => (value: number) => `${what} ${value.toFixed(1)} nats`;
const percent = (what: string) => (value: number) => `${(100 * value).toFixed(0)} % of ${what}`;
const number = (what: string) => (value: number) => `${what} ${value.toFixed(2)}`;

const WORDS: Readonly<Record<RowNumber, Words>> = {
  loss: { write: nats('mean loss'), high: 'its words surprise the model', low: 'the model expects its words' },
  highest_loss: { write: nats('highest loss'), high: 'one token surprises the model', low: 'no token surprises the model' },
  loss_spread: {
    write: nats('spread of the loss'),
    high: 'expected and surprising tokens alternate',
    low: 'its tokens are all expected alike',
  },
  loss_of_first_tokens: {
    write: nats('loss of the first tokens'),
    high: 'its beginning surprises the model',
    low: 'the model expects its beginning',
  },
  loss_of_last_tokens: {
    write: nats('loss of the last tokens'),
    high: 'its last words surprise the model',
    low: 'the model expects its last words',
  },
  end_of_text_loss: {
    write: nats('end-of-text loss'),
    high: 'the end comes as a surprise to the model',
    low: 'the model expects the end where it is',
  },
  loss_slope: {
    write: number('slope of the loss'),
    high: 'it surprises the model more towards its end',
    low: 'it surprises the model less towards its end',
  },
  highest_window_loss: {
    write: nats('highest loss of a passage'),
    high: 'a passage of it surprises the model',
    low: 'no passage of it surprises the model',
  },
  lowest_window_loss: {
    write: nats('lowest loss of a passage'),
    high: 'the model expects none of its passages well',
    low: 'the model expects a passage of it nearly word by word',
  },
  largest_loss_jump: {
    write: nats('largest jump of the loss'),
    high: 'a jump of the loss inside the answer',
    low: 'no jump of the loss inside the answer',
  },
  log_tokens: { write: (value) => `${Math.round(Math.exp(value))} tokens`, high: 'it is long', low: 'it is short' },
  distinct_tokens: { write: number('distinct tokens for its length'), high: 'it repeats few tokens', low: 'it repeats many tokens' },
  repeated_triples: {
    write: percent('token triples are repeated'),
    high: 'sequences of tokens come again',
    low: 'hardly any sequence of tokens comes again',
  },
  repeated_word_pairs: {
    write: percent('word pairs are repeated'),
    high: 'pairs of words come again',
    low: 'hardly any pair of words comes again',
  },
  closed_end: { write: number('closed end'), high: 'it ends with a full stop or another closing sign', low: 'it ends without a full stop' },
  capital_start: { write: number('capital start'), high: 'it begins with a capital letter', low: 'it begins without a capital letter' },
  capitalised_words: {
    write: percent('words are capitalised'),
    high: 'many words begin with a capital letter',
    low: 'few words begin with a capital letter',
  },
  signs_a_word: { write: number('punctuation marks a word'), high: 'it has much punctuation', low: 'it has little punctuation' },
  capitals_within_sentences: {
    write: percent('words have a capital inside a sentence'),
    high: 'capital letters inside sentences',
    low: 'hardly any capital letters inside sentences',
  },
};

/** What is 1 or 0. */
const YES_OR_NO: ReadonlySet<RowNumber> = new Set(['closed_end', 'capital_start']);
/** Log-odds that are worth a word, and most findings of either side. */
const LEAST_AMOUNT = 0.1;
const [MOST_AGAINST, MOST_FOR] = [3, 2];
/** Between these shares of the pool a number is neither high nor low. */
const MIDDLE = [1 / 3, 2 / 3] as const;

/**
 * Which numbers of form moved a row's log-odds most, in words.
 * @param amounts f64 [ROW_NUMBERS], what each added. @param placeOf where a number's value stands in the pool.
 */
export function formFindings(
  numbers: Float64Array,
  amounts: Float64Array,
  placeOf: (number: number, value: number) => PoolPlace,
): Finding[] {
  const order = Array.from(amounts.keys()).sort((i, j) => amounts[i]! - amounts[j]!);
  const against = order.filter((i) => amounts[i]! <= -LEAST_AMOUNT).slice(0, MOST_AGAINST);
  const inFavour = order
    .filter((i) => amounts[i]! >= LEAST_AMOUNT)
    .toReversed()
    .slice(0, MOST_FOR);
  const tell = (side: string) => (i: number) => ({
    text: `${side}: ${sentence(ROW_NUMBERS[i]!, numbers[i]!, () => placeOf(i, numbers[i]!).share)}`,
  });
  return [...against.map(tell('against it')), ...inFavour.map(tell('for it'))];
}

function sentence(name: RowNumber, value: number, shareBelow: () => number): string {
  // Only the loss of the end can be missing.
  if (Number.isNaN(value)) return 'it is cut off at the longest length';
  const { high, low, write } = WORDS[name];
  if (YES_OR_NO.has(name)) return value > 0 ? high : low;
  const share = shareBelow();
  const facts = `${write(value)}, higher than in ${(100 * share).toFixed(0)} % of the pool`;
  if (share > MIDDLE[0] && share < MIDDLE[1]) return facts;
  return `${share >= MIDDLE[1] ? high : low} (${facts})`;
}
