import type { Random } from '@pharmacist/core';
import { cutAndClose, cutAtCharacters, cutAtSentence, cutAtWords } from './cuts.ts';
import { garbageText, garbleCharacters } from './garble.ts';
import { repeatSentence, shuffleSentences } from './sentences.ts';

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

/** The corruptions that need one text only. Each gives back the text itself where it cannot spoil it. */
export const TEXT_CORRUPTIONS = {
  shuffled: shuffleWords,
  cut: cutMidway,
  repeated: repeatPhrase,
  garbage: garbageText,
  'cut-words': cutAtWords,
  'cut-characters': cutAtCharacters,
  'cut-closed': cutAndClose,
  'cut-sentences': cutAtSentence,
  'shuffled-sentences': shuffleSentences,
  'repeated-sentence': repeatSentence,
  garbled: garbleCharacters,
} as const satisfies Readonly<Record<string, (text: string, random: Random) => string>>;

export type TextCorruptionName = keyof typeof TEXT_CORRUPTIONS;

/** One way to spoil a good answer: by itself, or with the answer of another row (swapped with one, exchanged with one of another kind, spliced to one). */
export type CorruptionName = TextCorruptionName | 'swapped' | 'exchanged' | 'spliced';

export const CORRUPTION_NAMES = [
  ...(Object.keys(TEXT_CORRUPTIONS) as TextCorruptionName[]),
  'swapped',
  'exchanged',
  'spliced',
] as const satisfies readonly CorruptionName[];

export function isTextCorruption(name: CorruptionName): name is TextCorruptionName {
  return Object.hasOwn(TEXT_CORRUPTIONS, name);
}
