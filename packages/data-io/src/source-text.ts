/** Text of a record that JSON.stringify would not give back, with what it would give for as long as nobody changes the record. */
interface SourceText {
  text: string;
  stringified: string;
}

const textOfRecord = new WeakMap<object, SourceText>();

const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const NUMBERS = /-?\d[\d.eE+-]*/g;
const INTEGER_KEY = /"(?:0|[1-9]\d*)"\s*:/;

/**
 * Keeps the text a record was parsed from if JavaScript's own form of it differs in more than spelling: `1.0` would become `1`, an integer
 * beyond 2^53 would lose digits, a key like `"7"` would move to the front.
 */
export function rememberText(record: object, text: string): void {
  const numbers = text.replace(STRINGS, '').match(NUMBERS) ?? [];
  if (!INTEGER_KEY.test(text) && numbers.every((number) => String(Number(number)) === number)) return;
  // Line ends outside strings are white space; inside strings JSON has none.
  const line = text.trim().replaceAll(/[\r\n]+/g, ' ');
  textOfRecord.set(record, { text: line, stringified: JSON.stringify(record) });
}

/** The record as one line of JSON: as it was read where that matters and nobody changed it, else as JSON.stringify writes it. */
export function jsonOf(record: object): string {
  const stringified = JSON.stringify(record);
  const source = textOfRecord.get(record);
  return source !== undefined && source.stringified === stringified ? source.text : stringified;
}
