import type { Random } from '@pharmacist/core';

/** What a spoiled copy is made with. */
export interface SpoilContext {
  readonly random: Random;
  /** The answer of another row. */
  readonly other: string;
  /** A word of some other row, at each call another. */
  word(): string;
}

type Spoil = (answer: string, context: SpoilContext) => string;

/** The share of a text that is kept: anything between a tenth and nine tenths. */
const keptShare = (random: Random) => 0.1 + 0.8 * random.uniform();

/**
 * The ways in which a copy of an answer is spoiled to learn what spoiled answers look like. They are written apart from the corruptions of data-io,
 * with which the planted benchmark makes its pools: a selector that trained on the benchmark's own corruptions would be measured on its memory of them.
 */
export const SPOILS = {
  'cut-characters': (answer, { random }) => {
    const signs = Array.from(answer);
    return signs.slice(0, Math.max(1, Math.floor(signs.length * keptShare(random)))).join('');
  },
  'cut-words': (answer, { random }) => firstWords(answer, keptShare(random)),
  // Where a sentence ends the cut leaves a whole answer, which is none of the spoiled ones.
  'cut-closed': (answer, { random }) => {
    const cut = firstWords(answer, keptShare(random));
    return /[.!?]["'”’)]*$/u.test(cut) ? answer : `${cut.replace(/[,;:]+$/u, '')}.`;
  },
  shuffled: (answer, { random }) => random.shuffle(wordsOf(answer)).join(' '),
  'shuffled-sentences': (answer, { random }) => random.shuffle(sentencesOf(answer)).join(' '),
  'repeated-sentence': (answer, { random }) => {
    const sentences = sentencesOf(answer);
    const place = random.integer(Math.max(1, sentences.length));
    return sentences.flatMap((sentence, i) => (i === place ? repeated(sentence, 2 + random.integer(3)) : [sentence])).join(' ');
  },
  'repeated-phrase': (answer, { random }) => {
    const words = wordsOf(answer);
    const length = Math.min(words.length, 2 + random.integer(7));
    const start = random.integer(words.length - length + 1);
    const again = repeated(words.slice(start, start + length), 1 + random.integer(4)).flat();
    return [...words.slice(0, start + length), ...again, ...words.slice(start + length)].join(' ');
  },
  spliced: (answer, { random, other }) => {
    const tail = wordsOf(other);
    return [firstWords(answer, 0.2 + 0.6 * random.uniform()), ...tail.slice(Math.floor(tail.length * (0.2 + 0.6 * random.uniform())))].join(
      ' ',
    );
  },
  'spliced-sentences': (answer, { other }) => {
    const [own, others] = [sentencesOf(answer), sentencesOf(other)];
    return [...own.slice(0, Math.ceil(own.length / 2)), ...others.slice(Math.floor(others.length / 2))].join(' ');
  },
  'replaced-words': (answer, { random, word }) => {
    const share = [0.3, 0.6, 1][random.integer(3)]!;
    return wordsOf(answer)
      .map((own) => (random.uniform() < share ? word() : own))
      .join(' ');
  },
  garbled: (answer, { random }) =>
    Array.from(answer, (sign) => (random.uniform() < 0.5 ? SIGNS[random.integer(SIGNS.length)]! : sign)).join(''),
} as const satisfies Readonly<Record<string, Spoil>>;

export type SpoilName = keyof typeof SPOILS;

export const SPOIL_NAMES = Object.keys(SPOILS) as readonly SpoilName[];

const SIGNS = 'abcdefghijklmnopqrstuvwxyz      ,.;#';

/** The spoiled answer, or nothing where its words have not changed: an answer of one sentence has no other order. */
export function spoiled(name: SpoilName, answer: string, context: SpoilContext): string | undefined {
  const text = SPOILS[name](answer, context).trim();
  const words = wordsOf(text).join(' ');
  return words === '' || words === wordsOf(answer).join(' ') ? undefined : text;
}

export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '');
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?])\s+/u).filter((sentence) => sentence !== '');
}

function firstWords(text: string, share: number): string {
  const words = wordsOf(text);
  return words.slice(0, Math.max(1, Math.floor(words.length * share))).join(' ');
}

function repeated<T>(value: T, times: number): T[] {
  return Array.from({ length: times }, () => value);
}
