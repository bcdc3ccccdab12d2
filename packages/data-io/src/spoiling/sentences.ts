import type { Random } from '@pharmacist/core';

/** Sentences and lines of a text, each with the white space that follows it: joined, they are the text again. */
export function splitSentences(text: string): string[] {
  return text.split(/(?<=[.!?]["'”’)\]]*\s+|\n\s*)(?=\S)/u).filter((sentence) => sentence !== '');
}

/** The same sentences in another order; the same text where there are fewer than two different ones. */
export function shuffleSentences(text: string, random: Random): string {
  const sentences = splitSentences(text).map((sentence) => sentence.trim());
  if (new Set(sentences).size < 2) return text;
  for (;;) {
    const shuffled = random.shuffle(sentences);
    if (shuffled.some((sentence, i) => sentence !== sentences[i])) return shuffled.join(' ');
  }
}

/** The answer up to some sentence, and that sentence three to six times more, as of a model that is caught in a loop. */
export function repeatSentence(text: string, random: Random): string {
  const sentences = splitSentences(text).map((sentence) => sentence.trim());
  const kept = sentences.slice(0, 1 + random.integer(sentences.length));
  return [...kept, ...Array.from({ length: 3 + random.integer(4) }, () => kept.at(-1)!)].join(' ');
}
