import { float16Value } from './half-precision.ts';

/**
 * bfloat16 weights as f16. ONNX Runtime takes f16 from outside but no bfloat16, whose patterns have to be copied to be read as numbers. A weight of eight significant
 * bits fits the eleven of an f16, and once all are multiplied by a power of two their exponents nearly always fit, too: times 2^13 those from 2^-27 to 8, and rounder ones down to 2^-37.
 */

/** The sign of either number of a word. As a small integer, by which loops are twice as fast. */
const SIGNS = 0x80008000 | 0;
const MAGNITUDES = 0x7fff7fff;
/** What an exponent of bf16 is more than that of f16. */
const EXPONENT_DIFFERENCE = 112;
/** Patterns that are looked at one by one where a pair is not of normal numbers; even. */
const BLOCK = 32;
/** Tried first. */
const USUAL_EXPONENT = 13;

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/**
 * Turns bf16 patterns in place into the f16 patterns of 2^exponent times their numbers, all exact.
 * @returns the exponent; undefined, and the patterns are as they were, if no exponent is right for all: numbers too far apart, infinities and NaN.
 */
export function scaleToFloat16(patterns: Uint16Array): number | undefined {
  for (const exponent of [USUAL_EXPONENT, largestExponent]) {
    const chosen = typeof exponent === 'number' ? exponent : exponent(patterns);
    const end = narrow(patterns, chosen);
    if (end === patterns.length) return chosen;
    for (let i = 0; i < end; i++) patterns[i] = widenOne(patterns[i]!, chosen);
  }
  return undefined;
}

/** The largest exponent that leaves the largest number finite. */
function largestExponent(patterns: Uint16Array): number {
  let most = 0;
  for (const pattern of patterns) most = Math.max(most, pattern & 0x7fff);
  return Math.min(30 - (most >>> 7) + EXPONENT_DIFFERENCE, EXPONENT_DIFFERENCE - 1);
}

/** @returns how many patterns were turned: all, or those before the first that f16 cannot hold. */
function narrow(patterns: Uint16Array, exponent: number): number {
  let done = 0;
  while (done < patterns.length) {
    done += narrowNormal(patterns.subarray(done), exponent);
    // Zeros, small numbers, and what is left beside whole words.
    for (const end = Math.min(done + BLOCK, patterns.length); done < end; done++) {
      const narrowed = narrowOne(patterns[done]!, exponent);
      if (narrowed < 0) return done;
      patterns[done] = narrowed;
    }
  }
  return patterns.length;
}

/** Turns pairs of numbers that become normal ones. @returns how many patterns, up to the first pair that does not. */
function narrowNormal(patterns: Uint16Array, exponent: number): number {
  if (patterns.byteOffset % 4 !== 0) return 0;
  const words = new Int32Array(patterns.buffer, patterns.byteOffset, patterns.length >>> 1);
  const zero = (EXPONENT_DIFFERENCE - exponent) << 7;
  // Normal magnitudes lie between `least` and `most`. One that is beyond borrows from the place of its sign, which is set beforehand.
  const least = inBoth(zero + (1 << 7));
  const most = inBoth(zero + (31 << 7) - 1) | SIGNS;
  const bias = inBoth(zero);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const magnitudes = word & MAGNITUDES;
    const areNormal = (((magnitudes | SIGNS) - least) | 0) & ((most - magnitudes) | 0) & SIGNS;
    if (areNormal !== SIGNS) return 2 * i;
    words[i] = (word & SIGNS) | (((magnitudes - bias) | 0) << 3);
  }
  return 2 * words.length;
}

function inBoth(value: number): number {
  return (value << 16) | value;
}

/** One f16 pattern; -1 if f16 does not hold the number. */
function narrowOne(pattern: number, exponent: number): number {
  const [sign, magnitude] = [pattern & 0x8000, pattern & 0x7fff];
  if (magnitude === 0) return sign;
  const biased = (magnitude >>> 7) - EXPONENT_DIFFERENCE + exponent;
  if (magnitude < 0x80 || magnitude >= 0x7f80 || biased > 30) return -1;
  const fraction = (magnitude & 0x7f) << 3;
  if (biased > 0) return sign | (biased << 10) | fraction;
  const [significand, shift] = [0x400 | fraction, 1 - biased];
  return shift > 10 || (significand & ((1 << shift) - 1)) !== 0 ? -1 : sign | (significand >>> shift);
}

/** The bf16 pattern again. */
function widenOne(pattern: number, exponent: number): number {
  scratchFloat[0] = float16Value(pattern) * 2 ** -exponent;
  // A zero keeps its sign.
  return scratchBits[0]! >>> 16;
}
