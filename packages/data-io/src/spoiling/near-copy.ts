import type { Random } from '@pharmacist/core';

/** One word in this many is touched, and at least one. */
const WORDS_PER_CHANGE = 20;

/**
 * A text that differs from the given one in a few words, as copies that went through other hands do: each is left out, said twice, or
 * changed with the word after it.
 * @returns never the same text, unless it has no word at all.
 */
export function nearCopy(text: string, random: Random): string {
  const words = text.trim().split(/\s+/u);
  if (words.length < 2) return text === '' ? text : `${text} ${text}`;
  const copy = words.map((word) => [word]);
  for (const place of random.sample(words.length, Math.max(1, Math.round(words.length / WORDS_PER_CHANGE)))) {
    const word = words[place]!;
    const next = words[place + 1];
    const change = random.integer(3);
    if (change === 0) copy[place] = [];
    else if (change === 1 || next === undefined || next === word) copy[place] = [word, word];
    else [copy[place], copy[place + 1]] = [[next], [word]];
  }
  const changed = copy.flat().join(' ');
  // Two changes may undo each other.
  return changed === words.join(' ') ? `${changed} ${words.at(-1)!}` : changed;
}
