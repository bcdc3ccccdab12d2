import type { Random } from '@pharmacist/core';
import { splitSentences } from './sentences.ts';

/** A cut keeps between these shares of an answer. */
const MIN_KEPT = 0.1;
const MAX_KEPT = 0.9;

/** The first tenth to nine tenths of the words, ended in the middle of a sentence. The same text where no word could be the last. */
export function cutAtWords(text: string, random: Random): string {
  const ends = [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => index + word.length);
  const places = ends.filter((end, i) => {
    const share = (i + 1) / ends.length;
    return share >= MIN_KEPT && share <= MAX_KEPT && !/[.!?]["'”’)\]]*$/u.test(text.slice(0, end));
  });
  return places.length === 0 ? text : text.slice(0, places[random.integer(places.length)]);
}

/** The first tenth to nine tenths of the characters, as a rule ended in the middle of a word. The same text where it has one character. */
export function cutAtCharacters(text: string, random: Random): string {
  const characters = Array.from(text);
  if (characters.length < 2) return text;
  const kept = Math.round(characters.length * (MIN_KEPT + (MAX_KEPT - MIN_KEPT) * random.uniform()));
  return characters.slice(0, Math.min(Math.max(1, kept), characters.length - 1)).join('');
}

/** As {@link cutAtWords}, but closed with a full stop: nothing but the sense tells that it is cut. */
export function cutAndClose(text: string, random: Random): string {
  const cut = cutAtWords(text, random);
  return cut === text ? text : `${cut.replace(/[\p{P}\s]+$/u, '')}.`;
}

/** The first sentences, at least one and not all. The same text where there is one sentence. */
export function cutAtSentence(text: string, random: Random): string {
  const sentences = splitSentences(text);
  if (sentences.length < 2) return text;
  return sentences
    .slice(0, 1 + random.integer(sentences.length - 1))
    .join('')
    .trimEnd();
}
