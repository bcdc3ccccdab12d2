/** The printable letter that stands for each byte in byte-level vocabularies (`bytes_to_unicode` of GPT-2), and the byte of each letter. */
export const BYTE_LETTERS: readonly string[] = byteLetters();
export const LETTER_BYTES: ReadonlyMap<string, number> = new Map(BYTE_LETTERS.map((letter, byte) => [letter, byte]));

/** Printable bytes of Latin-1 stand for themselves, the others for the letters from U+0100 on, in order. */
function byteLetters(): string[] {
  let next = 0x100;
  const isPrintable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

const OWN_LETTERS = /^ ?[!-~]*$/;

/** The letters of a text's UTF-8. */
export function lettersOf(text: string): string {
  // Most pieces are a word with a space before it, which needs no table.
  if (OWN_LETTERS.test(text)) return text.startsWith(' ') ? `${BYTE_LETTERS[0x20]}${text.slice(1)}` : text;
  let letters = '';
  for (const byte of Buffer.from(text)) letters += BYTE_LETTERS[byte];
  return letters;
}
