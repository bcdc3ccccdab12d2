import type { Random } from '@pharmacist/core';

const GARBAGE_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789#%&*;:/\\|_~^';

/** Random characters in words, as many as the answer has, at least eight and at most 25. */
export function garbageText(text: string, random: Random): string {
  const numWords = Math.max(8, Math.min(25, text.trim().split(/\s+/u).length));
  return Array.from({ length: numWords }, () => Array.from({ length: 2 + random.integer(8) }, () => garbage(random)).join('')).join(' ');
}

/** The answer with a tenth to two fifths of its letters and digits replaced by random characters, one at least. The same text where it has none. */
export function garbleCharacters(text: string, random: Random): string {
  const characters = Array.from(text);
  const places = characters.flatMap((character, i) => (/[\p{L}\p{N}]/u.test(character) ? [i] : []));
  const numGarbled = Math.ceil(places.length * (0.1 + 0.3 * random.uniform()));
  for (const place of random.sample(places.length, numGarbled)) {
    const at = places[place]!;
    const before = characters[at];
    while (characters[at] === before) characters[at] = garbage(random);
  }
  return characters.join('');
}

function garbage(random: Random): string {
  return GARBAGE_CHARACTERS[random.integer(GARBAGE_CHARACTERS.length)]!;
}
