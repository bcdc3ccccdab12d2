/**
 * Byte-level text pieces as GPT-2 makes them: text is split into words by a fixed pattern, and each word's UTF-8 bytes are written as
 * printable characters, so that a vocabulary of strings can hold any byte sequence.
 */

/** Words of GPT-2: contractions, then letters, digits or symbols with at most one space before them, then runs of white space. */
const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** A number character stands alone, so that arithmetic sees digits and not arbitrary groups of them. */
export const DIGIT_PATTERN = '\\p{N}';
const DIGIT_SPLIT = new RegExp(`(${DIGIT_PATTERN})`, 'u');

/** `BYTE_TO_CHARACTER[b]` is the printable character that stands for byte `b` (GPT-2's table: 256 distinct characters). */
export const BYTE_TO_CHARACTER: readonly string[] = byteTable();

const CHARACTER_TO_BYTE = new Map(BYTE_TO_CHARACTER.map((character, byte) => [character, byte]));

/** Splits text into words; joined, the words are the text again. Merges never cross a word's ends. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  for (const piece of text.split(DIGIT_SPLIT)) {
    if (piece === '') continue;
    for (const match of piece.matchAll(WORDS)) words.push(match[0]);
  }
  return words;
}

/** The UTF-8 bytes of `text`, each as its printable character. */
export function bytesAsCharacters(text: string): string {
  let characters = '';
  for (const byte of Buffer.from(text, 'utf8')) characters += BYTE_TO_CHARACTER[byte];
  return characters;
}

/** The inverse of {@link bytesAsCharacters}; bytes that are not valid UTF-8 become U+FFFD. */
export function charactersAsText(characters: string): string {
  return Buffer.from(Array.from(characters, (character) => CHARACTER_TO_BYTE.get(character) ?? 0)).toString('utf8');
}

/** Bytes that Latin-1 prints stand for themselves; the rest, in order, take the characters from U+0100 on. */
function byteTable(): string[] {
  const table: string[] = [];
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
    table.push(String.fromCharCode(isPrintable ? byte : next++));
  }
  return table;
}
