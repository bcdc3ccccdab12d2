import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float16Value, float32ToBfloat16, float32ToFloat16 } from './half-precision.ts';

const ALL_PATTERNS = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);

const FORMATS = [
  { name: 'f16', read: float16ToFloat32, write: float32ToFloat16, infinity: 0x7c00 },
  { name: 'bf16', read: bfloat16ToFloat32, write: float32ToBfloat16, infinity: 0x7f80 },
];

/** Value of a pattern by the definition of the format, in float64. */
function definedValue(pattern: number, exponentBits: number, mantissaBits: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >>> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = pattern & ((1 << mantissaBits) - 1);
  const bias = (1 << (exponentBits - 1)) - 1;
  if (exponent === (1 << exponentBits) - 1) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** (1 - bias - mantissaBits);
  return sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias);
}

describe.each(FORMATS)('$name', ({ name, read, write, infinity }) => {
  it('reads each of the 65536 patterns as the format defines it', () => {
    const values = read(ALL_PATTERNS);
    for (const pattern of ALL_PATTERNS) {
      const expected = name === 'f16' ? definedValue(pattern, 5, 10) : definedValue(pattern, 8, 7);
      if (!Object.is(values[pattern], expected)) throw new Error(`pattern ${pattern}: ${values[pattern]}, expected ${expected}`);
    }
  });

  it('returns each of the 65536 patterns unchanged, NaN payloads included', () => {
    expect(write(read(ALL_PATTERNS))).toEqual(ALL_PATTERNS);
  });

  it('rounds to the nearest value, and to the even one between two', () => {
    const ladder = read(ALL_PATTERNS.subarray(0, infinity));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: infinity - 2 }), fc.double({ min: 0, max: 1, noNaN: true }), (pattern, fraction) => {
        const below = ladder[pattern]!;
        const above = ladder[pattern + 1]!;
        const value = Math.fround(below + (above - below) * fraction);
        const [rounded] = write(Float32Array.of(value));
        const distances = [value - below, above - value];
        if (distances[0] === distances[1]) expect(rounded! % 2).toBe(0);
        else expect(rounded).toBe(distances[0]! < distances[1]! ? pattern : pattern + 1);
        expect(write(Float32Array.of(-value))[0]).toBe(rounded! | 0x8000);
      }),
      { numRuns: 3000 },
    );
  });

  it('breaks every exact tie to the even pattern', () => {
    const ladder = read(ALL_PATTERNS.subarray(0, infinity));
    const ties = Float32Array.from({ length: infinity - 1 }, (_, pattern) => (ladder[pattern]! + ladder[pattern + 1]!) / 2);
    const expected = Uint16Array.from({ length: infinity - 1 }, (_, pattern) => pattern + (pattern & 1));
    expect(write(ties)).toEqual(expected);
  });

  it('keeps a NaN whose payload lies in the lost bits', () => {
    const values = new Float32Array(new Uint32Array([0x7f800001, 0xff800001]).buffer);
    expect([...read(write(values))]).toEqual([NaN, NaN]);
  });
});

it('one f16 value at a time agrees with the array form', () => {
  expect(Float32Array.from(ALL_PATTERNS, float16Value)).toEqual(float16ToFloat32(ALL_PATTERNS));
});

describe('overflow', () => {
  it('turns f16 values from 65520 on into infinity and those below into 65504', () => {
    expect([...float16ToFloat32(float32ToFloat16(Float32Array.of(65519.99, 65520, -1e30)))]).toEqual([65504, Infinity, -Infinity]);
  });

  it('turns the largest f32 into the bf16 infinity', () => {
    expect([...float32ToBfloat16(Float32Array.of(3.4028234663852886e38))]).toEqual([0x7f80]);
  });
});
