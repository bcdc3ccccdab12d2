/** Stands for `-` while the parser works, which takes a dash that stands alone for the beginning of an option. Nobody can type it. */
const STANDARD_INPUT = '\0-';

/** The words of a command for the parser. */
export function wordsForParser(words: readonly string[]): string[] {
  return words.map((word) => (word === '-' ? STANDARD_INPUT : word));
}

/** A message of the parser with the words as they were typed. */
export function asTyped(message: string): string {
  return message.replaceAll(STANDARD_INPUT, '-');
}

/** The names of rows that an option was given. */
export function namesOf(values: readonly unknown[]): string[] {
  return values.map((value) => (value === STANDARD_INPUT ? '-' : String(value)));
}

/** The same of an option that may be left out. */
export function namesOfAny(values: readonly unknown[] | undefined): string[] | undefined {
  return values === undefined ? undefined : namesOf(values);
}
