import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileError, InternalError } from './errors.ts';
import { canonicalJson, hashOfValue, sha256, sha256OfFile } from './hash.ts';

// FIPS 180-4, examples for SHA-256.
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('sha256', () => {
  it('gives the published digests, of text and of bytes', () => {
    expect(sha256('')).toBe(EMPTY);
    expect(sha256('abc')).toBe(ABC);
    expect(sha256(new Uint8Array([97, 98, 99]))).toBe(ABC);
  });

  it('streams a file, and names one that cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pharmacist-hash-'));
    await writeFile(join(folder, 'abc'), 'abc');
    expect(await sha256OfFile(join(folder, 'abc'))).toBe(ABC);
    await expect(sha256OfFile(join(folder, 'none'))).rejects.toThrow(FileError);
    await expect(sha256OfFile(folder)).rejects.toThrow('is a folder');
    await rm(folder, { recursive: true });
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth, keeps array order, leaves out undefined', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined, a: null }, 'x'], a: 1e-7, B: -0 })).toBe(
      '{"B":0,"a":1e-7,"b":[{"a":null,"d":1},"x"]}',
    );
  });

  it('is equal for equal values in any key order, and reads back as the value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses a value without JSON text', () => {
    expect(() => canonicalJson(undefined)).toThrow(InternalError);
  });
});

describe('hashOfValue', () => {
  it('is the hash of the canonical text', () => {
    expect(hashOfValue({ b: 1, a: 2 })).toBe(sha256('{"a":2,"b":1}'));
    expect(hashOfValue({ a: 1 })).not.toBe(hashOfValue({ a: '1' }));
  });
});
