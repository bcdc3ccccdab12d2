import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32 } from './half-precision.ts';
import { scaleToFloat16 } from './scaled-float16.ts';

const bits = (values: Float32Array) => new Uint32Array(values.buffer);
/** The numbers of scaled patterns, f32. */
const unscaled = (patterns: Uint16Array, exponent: number) => float16ToFloat32(patterns).map((value) => value * 2 ** -exponent);

/** bf16 patterns of magnitudes from 2^lowest on, below 2^highest. */
const weights = (lowest: number, highest: number) =>
  fc.array(
    fc
      .tuple(fc.boolean(), fc.integer({ min: lowest + 127, max: highest + 126 }), fc.nat({ max: 127 }))
      .map(([isNegative, exponent, fraction]) => (isNegative ? 0x8000 : 0) | (exponent << 7) | fraction),
    { minLength: 1, maxLength: 40 },
  );

it('gives every weight of a usual size as it is', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, pattern) => pattern).filter((pattern) => {
    const magnitude = pattern & 0x7fff;
    return magnitude === 0 || (magnitude >= (127 - 30) << 7 && magnitude < (127 + 3) << 7);
  });
  const patterns = all.slice();
  expect(scaleToFloat16(patterns)).toBe(13);
  expect(bits(unscaled(patterns, 13))).toEqual(bits(bfloat16ToFloat32(all)));
});

it('finds another power of two where one is right, and leaves the patterns alone where none is', () => {
  const property = fc.property(
    fc.integer({ min: -120, max: 90 }).chain((lowest) => fc.tuple(weights(lowest, lowest + 33), fc.boolean())),
    ([values, hasZero]) => {
      const given = Uint16Array.from(hasZero ? [...values, 0x8000, 0] : values);
      const patterns = given.slice();
      const exponent = scaleToFloat16(patterns);
      const most = Math.max(...values.map((value) => (value & 0x7fff) >>> 7)) - 127;
      // Numbers below 2^-96 of this machine's f32 would need more than 2^111.
      if (exponent === undefined) expect(most).toBeLessThan(-95);
      if (exponent === undefined) expect(patterns).toEqual(given);
      else expect(bits(unscaled(patterns, exponent))).toEqual(bits(bfloat16ToFloat32(given)));
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

it.each([
  ['an infinity', [0x3f80, 0x7f80]],
  ['NaN', [0x3f80, 0x3f80, 0x7fc1]],
  ['numbers that are 2^60 apart', [0x3f80, 0x3f81, 0x3f82, (127 - 60) << 7]],
  ['a subnormal number', [0x3f80, 0x0001]],
])('leaves patterns with %s alone', (_, values) => {
  for (const given of [Uint16Array.from(values), Uint16Array.from([...values, ...values, 0x3f80]).subarray(1)]) {
    const patterns = given.slice();
    expect(scaleToFloat16(patterns)).toBeUndefined();
    expect(patterns).toEqual(given);
    const before = [...given];
    expect(scaleToFloat16(given)).toBeUndefined();
    expect([...given]).toEqual(before);
  }
});

it('works at any place of a buffer, and on any number of patterns', () => {
  const values = Uint16Array.from({ length: 9 }, (_, i) => 0x3f80 + i);
  for (let start = 0; start < 9; start++) {
    for (let end = start; end <= 9; end++) {
      const patterns = values.slice().subarray(start, end);
      expect(scaleToFloat16(patterns)).toBe(13);
      expect(bits(unscaled(patterns, 13))).toEqual(bits(bfloat16ToFloat32(values.subarray(start, end))));
    }
  }
});
