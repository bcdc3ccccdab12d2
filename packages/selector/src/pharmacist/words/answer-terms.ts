/** Letters with their apostrophes, or any other single sign. */
const TERM = /[\p{L}\p{M}']+|[^\p{L}\p{M}\s']/gu;
const FIRST_WORDS = 4;
const LAST_WORDS = 2;
/** Control characters, which stand for nothing in a text. */
const [END, START_MARK, END_MARK] = ['\u0003', '\u0002', '\u0004'];
/** Characters of an answer that count, from the start and from the end: of a text of a megabyte, what a model would read. */
const MOST_CHARACTERS = 4000;

/**
 * The terms of an answer, lower-case: its words and signs, an end mark, and once more its last two and first four words as such. How an answer begins
 * tells a refusal, and how it ends tells whether it was cut.
 */
export function answerTerms(answer: string): string[] {
  const text = normalised(bounded(answer));
  const words = text.split(/\s+/u).filter((word) => word !== '');
  return [
    ...(text.match(TERM) ?? []),
    END,
    ...words.slice(-LAST_WORDS).map((word) => END_MARK + word),
    ...words.slice(0, FIRST_WORDS).map((word) => START_MARK + word),
  ];
}

/** The word, or sign, that a term stands for; nothing for the end mark. */
export function wordOfTerm(term: string): string | undefined {
  if (term === END) return undefined;
  return term.match(TERM)?.find((part) => part !== START_MARK && part !== END_MARK);
}

/** Where each word and sign stands first in an answer, in UTF-16 units, by how terms write it. */
export function wordSpans(answer: string): Map<string, readonly [start: number, end: number]> {
  const spans = new Map<string, readonly [number, number]>();
  // An apostrophe of either kind is one unit.
  for (const { 0: found, index } of answer.replaceAll('’', "'").matchAll(TERM)) {
    const word = normalised(found);
    if (!spans.has(word)) spans.set(word, [index, index + found.length]);
  }
  return spans;
}

function normalised(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
}

function bounded(text: string): string {
  const half = MOST_CHARACTERS / 2;
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, half)} ${text.slice(-half)}`;
}
