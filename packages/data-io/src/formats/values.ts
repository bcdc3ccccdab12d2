/**
 * The value rule: what a value of a typed format (Parquet, Arrow) is as a field of a row. It goes by type, never by format, so that one
 * table gives equal rows whatever file it came in, and rows are what JSON can hold, so that every row can be written to every format.
 * Nothing is rounded: what a JavaScript number cannot hold is text with all its digits. The README lists the rule type by type; dates
 * and times are in calendar.ts.
 */

/** A value that is not of its column's type, such as text that is not UTF-8; readers report it as a problem of the record. */
export class UnreadableValue extends Error {}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Decimals of so many digits survive the way to a double and back (C's DBL_DIG). */
const EXACT_DIGITS = 15;

/** Text with its byte-order mark. @throws {UnreadableValue} */
export function textValue(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new UnreadableValue('is not valid UTF-8');
  }
}

/** Bytes of any length: text if they are UTF-8, as pandas writes them to JSON and older writers store text; else base64. */
export function bytesValue(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    return fixedBytesValue(bytes);
  }
}

/** Bytes of a fixed length are hashes and keys, never text: base64. */
export function fixedBytesValue(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** `00112233-4455-6677-8899-aabbccddeeff` for 16 bytes. */
export function uuidValue(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString('hex');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}

/** The value that JSON text stands for. @throws {UnreadableValue} */
export function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableValue(`is not valid JSON (${(error as Error).message})`);
  }
}

/** A number up to 2^53; beyond, its digits as text. */
export function integerValue(value: number | bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value).toString();
}

/** A number; NaN and the infinities are null, as in JSON. */
export function floatValue(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** IEEE 754 half precision. */
export function halfFloatValue(bits: number): number | null {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return null;
  return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
}

/** `unscaled` / 10^`scale`: a number if it is an integer up to 2^53 or has at most 15 digits; else its digits as text, `-12.50` with scale 2. */
export function decimalValue(unscaled: bigint, scale: number): number | string {
  if (scale <= 0) return integerValue(unscaled * 10n ** BigInt(-scale));
  const magnitude = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const text = `${unscaled < 0n ? '-' : ''}${magnitude.slice(0, -scale)}.${magnitude.slice(-scale)}`;
  const whole = /^(-?\d+)\.0+$/.exec(text)?.[1];
  if (whole !== undefined && Number.isSafeInteger(Number(whole))) return Number(whole);
  const numDigits = magnitude.replace(/^0+/, '').replace(/0+$/, '').length;
  return numDigits <= EXACT_DIGITS ? Number(text) : text;
}

/** A signed integer of any width, most significant byte first (Parquet's decimals). */
export function bigEndianInteger(bytes: Uint8Array): bigint {
  const value = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return BigInt.asIntN(8 * bytes.length, value);
}

/** A signed integer of any width in 32-bit words, least significant first (Arrow's decimals). */
export function wordsInteger(words: Uint32Array): bigint {
  return BigInt.asIntN(
    32 * words.length,
    words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n),
  );
}

/** An object; keys that are not text are written as text, and the last of equal keys counts. fromEntries defines: `__proto__` is a key like any other. */
export function mapValue(entries: Iterable<readonly [key: unknown, value: unknown]>): Record<string, unknown> {
  return Object.fromEntries([...entries].map(([key, value]) => [typeof key === 'string' ? key : JSON.stringify(key), value]));
}
