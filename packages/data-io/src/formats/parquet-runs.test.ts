import { expect, it } from 'vitest';
import { checkDeltaHeader, checkRuns, countLevels, readCount } from './parquet-runs.ts';

const cursor = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), at: 0 });

it('counts levels in runs and in bits', () => {
  // Three times 1; then eight values in a byte: 1, 0, 1, 1, 0, 0, 0, 0, of which five count.
  expect(countLevels(cursor(6, 1, 3, 0b0000_1101), 4, 1, 8, 1)).toBe(6);
  // Two bits each: 2, 1, 2, 0 and so on.
  expect(countLevels(cursor(3, 0b0010_0110, 0b1010_1010), 3, 2, 8, 2)).toBe(6);
});

it('refuses runs that are longer than their page or than its values', () => {
  expect(() => countLevels(cursor(8, 1), 2, 1, 3, 1)).toThrow('a run of 4 in a page of 3 values');
  expect(() => countLevels(cursor(4, 1), 2, 1, 3, 1)).toThrow('a page of 3 values has 2 levels');
  expect(() => countLevels(cursor(2, 1, 6, 1), 4, 1, 3, 1)).toThrow('a run of 3 levels in a page of 3 values');
  expect(() => checkRuns(cursor(0xfe, 0xff, 0xff, 0xff, 0x0f, 0), 6, 8, 1000)).toThrow('a run of 2147483647 in a page of 1000 values');
  expect(() => checkRuns(cursor(0x21, 0), 2, 8, 100)).toThrow('goes beyond its page');
  expect(() => checkRuns(cursor(2, 1), 9, 8, 100)).toThrow('beyond their page');
});

it('takes a last run of bits that is cut where its values end', () => {
  expect(() => checkRuns(cursor(3, 1, 2, 3), 4, 8, 3)).not.toThrow();
  expect(() => checkRuns(cursor(3, 1, 2), 3, 8, 3)).toThrow('goes beyond its page');
});

it('reads counts of 32 bits and no more', () => {
  expect(readCount(cursor(0xff, 0xff, 0xff, 0xff, 0x0f))).toBe(2 ** 32 - 1);
  expect(() => readCount(cursor(0xff, 0xff, 0xff, 0xff, 0xff, 0x01))).toThrow('more than 32 bits');
  expect(() => readCount(cursor(0x80))).toThrow('cut short');
});

it('refuses delta encodings whose parts do not make a block, or of another number of values', () => {
  expect(() => checkDeltaHeader(cursor(0x80, 0x01, 4, 5, 0), 5)).not.toThrow();
  expect(() => checkDeltaHeader(cursor(0x80, 0x01, 4, 6, 0), 5)).toThrow('of 6 values in a page of 5');
  expect(() => checkDeltaHeader(cursor(0x80, 0x01, 0, 5, 0), 5)).toThrow('0 parts in a block of 128');
  expect(() => checkDeltaHeader(cursor(0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f, 5), 5)).toThrow('4294967295 parts');
});
