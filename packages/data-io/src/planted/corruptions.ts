import type { Random } from '@pharmacist/core';
import { DataError } from '@pharmacist/core';

/** One way to spoil a good answer. */
export type CorruptionName = 'shuffled' | 'cut' | 'repeated' | 'garbage' | 'swapped';

/** The same words in another order; the same text only where there are fewer than two different words. */
export function shuffleWords(text: string, random: Random): string {
  const words = text.split(/\s+/u).filter((word) => word !== '');
  if (new Set(words).size < 2) return text;
  for (;;) {
    const shuffled = random.shuffle(words);
    if (shuffled.some((word, index) => word !== words[index])) return shuffled.join(' ');
  }
}

/** The first fifth to half of the words, and the last of them only in part: an answer that stops mid-word. */
export function cutMidway(text: string, random: Random): string {
  const words = text.trim().split(/\s+/u);
  const numWords = Math.max(1, Math.floor(words.length * (0.2 + 0.3 * random.uniform())));
  const kept = words.slice(0, numWords);
  const last = kept.at(-1)!;
  if (last.length > 2) kept[kept.length - 1] = last.slice(0, Math.ceil(last.length / 2));
  return kept.join(' ').replace(/[.!?]+$/u, '');
}

/** A run of one to four words out of the answer, said over and over for about as long as the answer was. */
export function repeatPhrase(text: string, random: Random): string {
  const words = text.trim().split(/\s+/u);
  const length = Math.min(words.length, 1 + random.integer(4));
  const start = random.integer(words.length - length + 1);
  const phrase = words.slice(start, start + length);
  const numRepeats = Math.max(4, Math.ceil(words.length / length));
  return Array.from({ length: numRepeats }, () => phrase.join(' ')).join(' ');
}

const GARBAGE_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789#%&*;:/\\|_~^';

/** Random characters in words, as many as the answer has, at least eight and at most 25. */
export function garbageText(text: string, random: Random): string {
  const numWords = Math.max(8, Math.min(25, text.trim().split(/\s+/u).length));
  return Array.from({ length: numWords }, () =>
    Array.from({ length: 2 + random.integer(8) }, () => GARBAGE_CHARACTERS[random.integer(GARBAGE_CHARACTERS.length)]).join(''),
  ).join(' ');
}

/**
 * Gives every row the answer of another row: a cycle through all rows in random order, so that no row keeps its own.
 * @throws {DataError} if there is only one row.
 */
export function swapAnswers<Row extends { response: string }>(rows: readonly Row[], random: Random): Row[] {
  if (rows.length === 1) throw new DataError('one row has nobody to swap its answer with', { hint: 'ask for none or for at least two' });
  const order = random.permutation(rows.length);
  const swapped = [...rows];
  order.forEach((from, position) => {
    const to = order[(position + 1) % order.length]!;
    swapped[to] = { ...rows[to]!, response: rows[from]!.response };
  });
  return swapped;
}

/** The corruptions that need one text only. */
export const TEXT_CORRUPTIONS: Record<Exclude<CorruptionName, 'swapped'>, (text: string, random: Random) => string> = {
  shuffled: shuffleWords,
  cut: cutMidway,
  repeated: repeatPhrase,
  garbage: garbageText,
};
