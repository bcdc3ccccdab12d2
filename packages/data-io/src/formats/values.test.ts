import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bigEndianInteger, bytesValue, decimalValue, halfFloatValue, integerValue, mapValue, textValue, wordsInteger } from './values.ts';

it.each<[bigint, number, number | string]>([
  [-150n, 2, -1.5],
  [0n, 5, 0],
  [5n, 1, 0.5],
  [-5n, 3, -0.005],
  [123_456_789_012_345n, 15, 0.123456789012345],
  [1_234_567_890_123_456n, 16, '0.1234567890123456'],
  [9_007_199_254_740_991n, 0, 9_007_199_254_740_991],
  [9_007_199_254_740_993n, 0, '9007199254740993'],
  [900_719_925_474_099_100n, 2, 9_007_199_254_740_991],
  [900_719_925_474_099_300n, 2, '9007199254740993.00'],
  [12n, -3, 12_000],
])('%d / 10^%d is %s', (unscaled, scale, expected) => {
  expect(decimalValue(unscaled, scale)).toBe(expected);
});

it('a decimal has the value of its text, exactly', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: 0, max: 38 }), (unscaled, scale) => {
      const value = decimalValue(unscaled, scale);
      if (typeof value === 'string') expect(BigInt(value.replace('.', ''))).toBe(unscaled);
      else expect(Number(`${unscaled}e-${scale}`)).toBe(value);
    }),
  );
});

it('reads signed integers of any width, from both ends', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n }), (value) => {
      const hex = BigInt.asUintN(128, value).toString(16).padStart(32, '0');
      expect(bigEndianInteger(Buffer.from(hex, 'hex'))).toBe(value);
      expect(wordsInteger(Uint32Array.from([24, 16, 8, 0], (at) => Number.parseInt(hex.slice(at, at + 8), 16)))).toBe(value);
    }),
  );
});

it('keeps integers that a number cannot hold as text', () => {
  expect(integerValue(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
  expect(integerValue(2n ** 53n)).toBe('9007199254740992');
});

it('reads half precision', () => {
  expect([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00].map(halfFloatValue)).toEqual([1, -2, 2 ** -24, 65_504, null, null]);
});

it('keeps byte-order marks, and tells text from other bytes', () => {
  const marked = Buffer.from('\ufeffa');
  expect([textValue(marked), bytesValue(marked), bytesValue(Buffer.from([0xff]))]).toEqual(['\ufeffa', '\ufeffa', '/w==']);
  expect(() => textValue(Buffer.from([0xff]))).toThrow('is not valid UTF-8');
});

it('a map is an object that no key can harm', () => {
  const value = mapValue([
    ['__proto__', 1],
    [2, 3],
    [null, 4],
  ]);
  expect(JSON.stringify(value)).toBe('{"2":3,"__proto__":1,"null":4}');
});
