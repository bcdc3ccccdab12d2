import type { TextRow } from '../../selector.ts';
import { wordsOf } from '../spoil.ts';

/** What is measured of an answer's form, in this order. Those of the first block are made of its token losses in nats, the others of its text. */
export const ROW_NUMBERS = [
  'loss',
  'highest_loss',
  'loss_spread',
  'loss_of_first_tokens',
  'loss_of_last_tokens',
  'end_of_text_loss',
  'loss_slope',
  'highest_window_loss',
  'lowest_window_loss',
  'largest_loss_jump',
  'log_tokens',
  'distinct_tokens',
  'repeated_triples',
  'repeated_word_pairs',
  'closed_end',
  'capital_start',
  'capitalised_words',
  'signs_a_word',
  'capitals_within_sentences',
] as const;

export const NUM_ROW_NUMBERS = ROW_NUMBERS.length;
export const NUM_LOSS_NUMBERS = ROW_NUMBERS.indexOf('log_tokens');
export type LossName = (typeof ROW_NUMBERS)[number];
/** Those that token losses decide. */
export const LOSS_NUMBERS: readonly LossName[] = ROW_NUMBERS.slice(0, NUM_LOSS_NUMBERS);

/** Those of a row's numbers that its text alone decides. */
export function shapeOf(numbers: Float64Array): Float64Array {
  return numbers.subarray(NUM_LOSS_NUMBERS);
}

/** Tokens of a window, and of the beginning and the end. */
const WINDOW = 8;

/**
 * The numbers of one row: f64 [NUM_ROW_NUMBERS]. An answer that was cut by the longest length has no end-of-text loss (NaN); without losses none of the first
 * block is known.
 * @param tokenLosses f32 [targets] in the order of the answer, the end-of-text token's last unless the row is cut; empty where they are not known.
 */
export function rowNumbers(row: TextRow, tokenLosses: Float32Array): Float64Array {
  return Float64Array.from([...lossNumbers(tokenLosses, row.tokens.truncated), ...textNumbers(row)]);
}

/** Those of the first block, [NUM_LOSS_NUMBERS]; see rowNumbers. */
export function lossNumbers(all: Float32Array, isCut: boolean): number[] {
  if (all.length === 0) return Array.from({ length: NUM_LOSS_NUMBERS }, () => NaN);
  const endLoss = isCut ? NaN : all.at(-1)!;
  // An answer of the end-of-text token alone has nothing else.
  const losses = isCut || all.length === 1 ? all : all.subarray(0, -1);
  const loss = mean(losses);
  const spread = Math.sqrt(mean(losses.map((value) => (value - loss) ** 2)));
  const windows = windowMeans(losses);
  return [
    loss,
    most(losses),
    spread,
    mean(losses.subarray(0, WINDOW)),
    mean(losses.subarray(-WINDOW)),
    endLoss,
    slope(losses, loss),
    most(windows),
    windows.reduce((least, value) => Math.min(least, value), Infinity),
    windows.length <= WINDOW ? 0 : most(windows.subarray(WINDOW).map((value, i) => Math.abs(value - windows[i]!))),
  ];
}

/** The others, of the row's text alone. */
export function textNumbers({ text: { response }, tokens }: TextRow): number[] {
  const ids = tokens.inputIds.subarray(Math.max(1, tokens.numPromptTokens), tokens.inputIds.length - (tokens.truncated ? 0 : 1));
  const text = response.trim();
  const words = wordsOf(text);
  const n = Math.max(1, ids.length);
  const lower = text.toLowerCase().split(/\s+/u);
  const isCapital = (word: string) => /^\p{Lu}/u.test(word);
  const within = words.slice(1).filter((word, i) => isCapital(word) && !/[.!?:"]$/u.test(words[i]!));
  return [
    Math.log(n),
    // Distinct tokens grow more slowly than the text.
    new Set(ids).size / n ** 0.8,
    shareRepeated(ids, 3),
    shareRepeated(lower, 2),
    /[.!?:)"'”]$/u.test(text) ? 1 : 0,
    isCapital(text) ? 1 : 0,
    share(words.filter(isCapital).length, words.length),
    share(text.match(/[.,;!?]/gu)?.length ?? 0, words.length),
    share(within.length, words.length - 1),
  ];
}

function share(count: number, of: number): number {
  return count / Math.max(1, of);
}

/** The share of runs of `length` neighbouring items that came before in the list. */
function shareRepeated<T>(items: ArrayLike<T>, length: number): number {
  const places = new Map<T, number>();
  const ids = Array.from(items, (item) => {
    const known = places.get(item);
    if (known === undefined) places.set(item, places.size);
    return known ?? places.size - 1;
  });
  const numRuns = Math.max(0, ids.length - length + 1);
  // Items by number, so that a run is one number too: exact for runs of three up to 2^17 different items.
  const runs = new Set<number>();
  for (let start = 0; start < numRuns; start++) {
    let run = 0;
    for (let k = start; k < start + length; k++) run = run * places.size + ids[k]!;
    runs.add(run);
  }
  return share(numRuns - runs.size, numRuns);
}

function windowMeans(losses: Float32Array): Float32Array {
  const width = Math.min(WINDOW, losses.length);
  return Float32Array.from({ length: losses.length - width + 1 }, (_, start) => mean(losses.subarray(start, start + width)));
}

/** Of the least-squares line over positions from -1 to 1. */
function slope(losses: Float32Array, loss: number): number {
  const n = losses.length;
  if (n === 1) return 0;
  let [product, square] = [0, 0];
  for (let i = 0; i < n; i++) {
    const position = (2 * i) / (n - 1) - 1;
    product += position * (losses[i]! - loss);
    square += position * position;
  }
  return product / square;
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function most(values: Float32Array): number {
  return values.reduce((highest, value) => Math.max(highest, value), -Infinity);
}
