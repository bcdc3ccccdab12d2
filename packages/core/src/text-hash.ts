/** Not for keys that anybody could choose, nor for identities: those are `sha256`. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * 32-bit FNV-1a over the UTF-16 code units of a text. Its low bits depend little on the last characters: `mixBits` mends that.
 * @param hash of what comes before the text.
 */
export function fnv1a(text: string, hash = OFFSET): number {
  let extended = hash;
  for (let i = 0; i < text.length; i++) extended = Math.imul(extended ^ text.charCodeAt(i), PRIME);
  return extended;
}

/** The finaliser of MurmurHash3: every bit of the argument changes about half of the result's. @returns a whole number from 0 to 2^32 - 1. */
export function mixBits(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
