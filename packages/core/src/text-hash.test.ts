import { describe, expect, it } from 'vitest';
import { fnv1a, mixBits } from './text-hash.ts';

describe('fnv1a', () => {
  // Published vectors of 32-bit FNV-1a; the texts are ASCII, where code units are bytes.
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('of %j', (text, expected) => {
    expect(fnv1a(text) >>> 0).toBe(expected);
  });

  it('goes on from the hash of what comes before', () => {
    expect(fnv1a('bar', fnv1a('foo'))).toBe(fnv1a('foobar'));
  });
});

describe('mixBits', () => {
  // fmix32 of MurmurHash3.
  it.each([
    [0, 0],
    [1, 0x514e28b7],
    [-1, 0x81f16f39],
  ])('of %i', (value, expected) => {
    expect(mixBits(value)).toBe(expected);
  });
});
