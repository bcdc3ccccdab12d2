/** Deepest nesting of arrays and objects that is read; what walks through a value (comparing, hashing, writing) goes as deep on the stack. */
const MAX_DEPTH = 500;

/**
 * The value of a JSON text.
 * @throws {SyntaxError} if it is not JSON, or nested deeper than 500 arrays and objects.
 */
export function parseJson(text: string): unknown {
  // First, as deep nesting takes seconds to parse.
  if (isNestedDeeper(text, MAX_DEPTH)) throw new SyntaxError(`arrays and objects are nested deeper than ${MAX_DEPTH}`);
  return JSON.parse(text);
}

/** Of a text that is not JSON the answer says nothing. */
function isNestedDeeper(text: string, depth: number): boolean {
  let open = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // "
        i = endOfString(text, i);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++open > depth) return true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        open--;
        break;
    }
  }
  return false;
}

/**
 * Place of the quote that ends a string of a JSON text. A search, not a pattern: patterns run out of stack on strings of some million characters.
 * @param start place of the quote that begins it.
 */
export function endOfString(text: string, start: number): number {
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote === -1) return text.length;
    let numBackslashes = 0;
    while (text.charCodeAt(quote - 1 - numBackslashes) === 0x5c) numBackslashes++;
    if (numBackslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}
