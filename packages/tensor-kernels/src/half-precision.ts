/**
 * IEEE binary16 (f16) and bfloat16 (bf16) as bit patterns, to and from f32.
 *
 * Reading is exact. Writing rounds to nearest, ties to even, as IEEE 754 and PyTorch do; overflow becomes an infinity and every NaN
 * stays a NaN. Work is done on bits, so that each of the 65536 patterns, NaN payloads included, survives a round trip.
 */

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

let float16Table: Uint32Array | undefined;

/** f32 bits of every f16 pattern: 256 KiB, built at first use; a lookup is several times faster than the arithmetic. */
function float32BitsOfFloat16(): Uint32Array {
  if (float16Table !== undefined) return float16Table;
  float16Table = new Uint32Array(65536);
  for (let pattern = 0; pattern < 65536; pattern++) {
    const sign = (pattern & 0x8000) << 16;
    const exponent = (pattern >>> 10) & 0x1f;
    const mantissa = pattern & 0x3ff;
    if (exponent === 0x1f) {
      float16Table[pattern] = sign | 0x7f800000 | (mantissa << 13);
    } else if (exponent === 0) {
      scratchFloat[0] = mantissa * 2 ** -24;
      float16Table[pattern] = sign | scratchBits[0]!;
    } else {
      float16Table[pattern] = sign | ((exponent + 112) << 23) | (mantissa << 13);
    }
  }
  return float16Table;
}

/** The value of one f16 pattern. */
export function float16Value(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> 10) & 0x1f;
  const mantissa = pattern & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** The f32 value of each f16 pattern. */
export function float16ToFloat32(patterns: Uint16Array, values: Float32Array = new Float32Array(patterns.length)): Float32Array {
  const table = float32BitsOfFloat16();
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < patterns.length; i++) bits[i] = table[patterns[i]!]!;
  return values;
}

/** The f32 value of each bf16 pattern: its upper half. */
export function bfloat16ToFloat32(patterns: Uint16Array, values: Float32Array = new Float32Array(patterns.length)): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < patterns.length; i++) bits[i] = patterns[i]! << 16;
  return values;
}

/** The nearest f16 of each value, ties to even; |x| >= 65520 becomes an infinity, |x| <= 2^-25 a zero. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const patterns = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) patterns[i] = roundToFloat16(bits[i]!);
  return patterns;
}

/** The nearest bf16 of each value, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const patterns = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if ((word & 0x7fffffff) > 0x7f800000) {
      const upper = word >>> 16;
      // A payload that sits only in the lost half would turn the NaN into an infinity.
      patterns[i] = (upper & 0x7f) === 0 ? upper | 0x40 : upper;
    } else {
      patterns[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    }
  }
  return patterns;
}

function roundToFloat16(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    const payload = (magnitude >>> 13) & 0x3ff;
    return sign | 0x7c00 | (payload === 0 ? 0x200 : payload);
  }
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Normal: rebias the exponent; the carry of the rounding may run into it, which is right.
  if (magnitude >= 0x38800000) return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const quotient = mantissa >>> shift;
  const remainder = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (remainder > half || (remainder === half && (quotient & 1) === 1) ? quotient + 1 : quotient);
}
