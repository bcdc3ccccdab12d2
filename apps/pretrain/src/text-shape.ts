/** Sentences and lines of `text`, each with the white space that follows it: joined, they are the text again. */
export function splitSentences(text: string): string[] {
  return text.match(/[^\n]*?(?:[.!?]["')\]]*(?=\s)|\n|$)\s*/gu)?.filter((sentence) => sentence !== '') ?? [];
}

/**
 * The longest run of whole sentences from the start that fits in `maxChars`; where the first sentence alone is too long, it is cut after
 * a word. Never longer than `maxChars`, without white space at the end.
 */
export function cutAtSentence(text: string, maxChars: number): string {
  const whole = text.trimEnd();
  if (whole.length <= maxChars) return whole;
  let cut = '';
  for (const sentence of splitSentences(whole)) {
    if ((cut + sentence).trimEnd().length > maxChars) break;
    cut += sentence;
  }
  if (cut.trim() !== '') return cut.trimEnd();
  return cutAtWord(whole, maxChars);
}

/** The longest run of whole words from the start that fits in `maxChars`; a first word that alone is too long is cut. */
export function cutAtWord(text: string, maxChars: number): string {
  const whole = text.trimEnd();
  if (whole.length <= maxChars) return whole;
  const head = whole.slice(0, maxChars + 1);
  const lastSpace = head.search(/\s\S*$/u);
  return (lastSpace > 0 ? head.slice(0, lastSpace) : head.slice(0, maxChars)).trimEnd();
}

/** Lower case, letters and digits only, single spaces: texts that differ in punctuation or case alone are equal. */
export function normalizeText(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** A GSM8K answer as prose: without the calculator marks, and with the phrase that the task's accuracy is read from. */
export function gsm8kAnswer(answer: string): string {
  return answer
    .replace(/<<[^>]*>>/gu, '')
    .replace(/\n?####\s*/u, '\nThe final answer is: ')
    .trim();
}
