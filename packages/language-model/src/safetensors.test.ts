import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelError, sha256OfFile } from '@pharmacist/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostTensor } from '@pharmacist/tensor-kernels';
import { readSafetensors, SafetensorsFile, writeSafetensors } from './safetensors.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file with any header, honest or not. */
async function writeRaw(header: unknown, data: Uint8Array, length?: bigint): Promise<void> {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  await writeFile(path, Buffer.concat([prefix, json, data]));
}

const floatTensor = (shape: number[], data: number[]): HostTensor => ({ shape, dtype: 'float32', data: Float32Array.from(data) });

describe('reading', () => {
  it('converts every supported dtype', async () => {
    const parts = {
      a_f64: ['F64', Float64Array.of(0.1, -2)],
      b_i64: ['I64', BigInt64Array.of(-5n, 2147483647n)],
      c_f32: ['F32', Float32Array.of(1.5, -0)],
      d_i32: ['I32', Int32Array.of(-7, 9)],
      e_f16: ['F16', Uint16Array.of(0x3c00, 0xc000)],
      f_bf16: ['BF16', Uint16Array.of(0x3f80, 0xc000)],
      g_u8: ['U8', Uint8Array.of(0, 255)],
      h_bool: ['BOOL', Uint8Array.of(1, 0)],
    } as const;
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
    const chunks: Uint8Array[] = [];
    let offset = 0;
    for (const [name, [dtype, values]] of Object.entries(parts)) {
      header[name] = { dtype, shape: [2], data_offsets: [offset, offset + values.byteLength] };
      offset += values.byteLength;
      chunks.push(new Uint8Array(values.buffer));
    }
    await writeRaw(header, Buffer.concat(chunks));
    const { tensors, metadata } = await readSafetensors(path);
    expect(metadata).toEqual({ format: 'pt' });
    expect(Object.fromEntries([...tensors].map(([name, { dtype, data }]) => [name, [dtype, ...data]]))).toEqual({
      a_f64: ['float32', Math.fround(0.1), -2],
      b_i64: ['int32', -5, 2147483647],
      c_f32: ['float32', 1.5, -0],
      d_i32: ['int32', -7, 9],
      e_f16: ['float32', 1, -2],
      f_bf16: ['float32', 1, -2],
      g_u8: ['int32', 0, 255],
      h_bool: ['int32', 1, 0],
    });
  });

  it('reads a tensor whose offset is no multiple of its element size, as the reference reader does', async () => {
    const data = Buffer.alloc(5);
    data.writeFloatLE(2.5, 1);
    await writeRaw({ a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] }, b: { dtype: 'F32', shape: [], data_offsets: [1, 5] } }, data);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get('b')).toEqual({ shape: [], dtype: 'float32', data: Float32Array.of(2.5) });
  });

  it('reads only the tensor asked for', async () => {
    await writeSafetensors(path, new Map([['x', floatTensor([2, 1], [1, 2])], ['y', floatTensor([1], [3])]])); // prettier-ignore
    const file = await SafetensorsFile.open(path);
    expect(await file.read('y')).toEqual(floatTensor([1], [3]));
    await expect(file.read('z')).rejects.toThrow('has no tensor "z"');
    await file.close();
  });
});

describe('a header that lies', () => {
  const f32 = (shape: unknown, ...data_offsets: unknown[]) => ({ dtype: 'F32', shape, data_offsets });
  const cases: [string, unknown, number, string, bigint?][] = [
    ['length beyond the file', {}, 0, 'claims a header of 999 bytes', 999n],
    ['huge length', {}, 0, 'the limit is 100000000', 2n ** 63n],
    ['not JSON', '{"w": ', 0, 'not JSON'],
    ['not an object', '[]', 0, 'not a JSON object'],
    ['duplicate tensor', '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4, 'tensor "w" appears twice'], // prettier-ignore
    ['offsets beyond the data', { w: f32([2], 0, 8) }, 4, 'tensor "w" lies at bytes [0, 8) of a data section of 4 bytes'],
    ['reversed offsets', { w: f32([1], 4, 0) }, 4, 'tensor "w" lies at bytes [4, 0)'],
    ['negative offset', { w: f32([1], -4, 0) }, 4, 'tensor "w" has data_offsets [-4,0]'],
    ['size that is not shape times dtype', { w: f32([3], 0, 8) }, 8, 'tensor "w" of F32 [3] needs 12 bytes'],
    ['overlap', { v: f32([1], 0, 4), w: f32([2], 0, 8) }, 8, 'tensor "w" overlaps'],
    ['gap', { v: f32([1], 0, 4), w: f32([1], 8, 12) }, 12, 'tensor "w" starts 4 bytes after'],
    ['rest', { w: f32([1], 0, 4) }, 8, 'has 4 bytes that belong to no tensor'],
    ['fractional shape', { w: f32([0.5], 0, 2) }, 2, 'tensor "w" has shape [0.5]'],
    ['unknown dtype', { w: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1, 'tensor "w" has dtype "F8_E4M3"; supported: F64'],
    ['metadata of numbers', { __metadata__: { a: 1 } }, 0, 'whose value is not a string'],
  ];
  it.each(cases)('%s', async (_, header, dataBytes, message, length) => {
    await writeRaw(header, new Uint8Array(dataBytes), length);
    const error = await SafetensorsFile.open(path).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toContain(message);
    expect((error as ModelError).where).toBe(path);
    expect((error as ModelError).hint).toMatch(/[a-z]{3}/);
  });

  it.each([
    ['60 million characters of metadata', () => ({ __metadata__: { a: 'x'.repeat(60_000_000) } }), undefined],
    ['metadata of backslashes', () => ({ __metadata__: { a: '\\'.repeat(1_000_000) } }), undefined],
    ['a name of a million characters', () => ({ ['n'.repeat(1_000_000)]: 1 }), 'is not described by an object'],
    ['a shape of a million sizes', () => ({ w: f32(Array(1_000_000).fill(-1), 0, 4) }), 'has shape [-1,-1,'],
    ['a million tensors', manyTensors, 'describes more than 100000 tensors'],
    ['lists in lists', () => `{"w":${'['.repeat(1_000_000)}`, 'is not JSON (arrays and objects are nested deeper than 500)'],
    [
      'objects in objects',
      () => `${'{"w":'.repeat(501)}1${'}'.repeat(501)}`,
      'is not JSON (arrays and objects are nested deeper than 500)',
    ],
    [
      'a tensor that no memory holds',
      () => ({ w: f32([2 ** 50], 0, 2 ** 52) }),
      'lies at bytes [0, 4503599627370496) of a data section of 0 bytes',
    ],
  ])('%s: in no time, and in few words', async (_, header, message) => {
    await writeRaw(header(), new Uint8Array(0));
    const error = await SafetensorsFile.open(path).then(
      async (file) => await file.close(),
      (caught: unknown) => caught,
    );
    if (message === undefined) return expect(error).toBeUndefined();
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toContain(message);
    expect((error as ModelError).describe().length).toBeLessThan(1000);
  });

  it('an empty file', async () => {
    await writeFile(path, '');
    await expect(SafetensorsFile.open(path)).rejects.toThrow('has 0 bytes');
  });

  it('a 64-bit integer out of range', async () => {
    await writeRaw({ w: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, new Uint8Array(BigInt64Array.of(2n ** 31n).buffer));
    await expect(readSafetensors(path)).rejects.toThrow('tensor "w" holds 2147483648 at index 0');
  });

  it('a missing file says which', async () => {
    await expect(SafetensorsFile.open(path)).rejects.toMatchObject({ code: 'E_FILE', where: path });
  });
});

function manyTensors(): string {
  const tensors = Array.from({ length: 1_000_000 }, (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`);
  return `{${tensors.join()}}`;
}

describe('writing', () => {
  it('writes the bytes of the reference writer', async () => {
    const tensors = new Map([['b', floatTensor([1], [1])], ['a', floatTensor([1, 2], [2, 3])]]); // prettier-ignore
    await writeSafetensors(path, tensors, { metadata: { format: 'pt' } });
    const json = '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}'; // prettier-ignore
    const header = json.padEnd(Math.ceil(json.length / 8) * 8, ' ');
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(header.length));
    const data = Buffer.from(Float32Array.of(2, 3, 1).buffer);
    expect(await readFile(path)).toEqual(Buffer.concat([prefix, Buffer.from(header), data]));
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('reads tensors longer than a piece whole, and hashes every byte of the file once', async () => {
    const values = Array.from({ length: 2_500_000 }, (_, i) => i % 1009);
    await writeSafetensors(
      path,
      new Map([
        ['long', floatTensor([values.length], values)],
        ['none', floatTensor([0], [])],
        ['short', floatTensor([1], [7])],
      ]),
    );
    const file = await SafetensorsFile.open(path);
    const taken = new Map<string, Float32Array>();
    const hash = await file.readAll(async (name, { data }) => void taken.set(name, data as Float32Array));
    await file.close();
    expect(hash).toBe(await sha256OfFile(path));
    expect(taken.get('long')!.every((value, i) => value === values[i])).toBe(true);
    expect([taken.get('long')!.length, taken.get('none')!.length, ...taken.get('short')!]).toEqual([values.length, 0, 7]);
  });

  it('returns what was written, whatever the order of insertion', async () => {
    const tensor = fc.tuple(fc.array(fc.nat({ max: 3 }), { maxLength: 3 }), fc.boolean()).chain(([shape, isFloat]) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      const exact = { minLength: length, maxLength: length };
      return isFloat
        ? fc.float32Array(exact).map((data): HostTensor => ({ shape, dtype: 'float32', data }))
        : fc.int32Array(exact).map((data): HostTensor => ({ shape, dtype: 'int32', data }));
    });
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(names, tensor), { selector: ([name]) => name, maxLength: 6 }), async (entries) => {
        await writeSafetensors(path, new Map(entries));
        const bytes = await readFile(path);
        const { tensors } = await readSafetensors(path);
        expect(tensors).toEqual(new Map(entries));
        await writeSafetensors(path, new Map([...entries].reverse()));
        expect(await readFile(path)).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('rounds to half precision and keeps integers', async () => {
    const tensors = new Map<string, HostTensor>([
      ['i', { shape: [1], dtype: 'int32', data: Int32Array.of(3) }],
      ['w', floatTensor([2], [1 + 2 ** -9, 1 + 3 * 2 ** -9])],
    ]);
    await writeSafetensors(path, tensors, { dtype: 'BF16' });
    const read = await readSafetensors(path);
    expect([...read.tensors.keys()]).toEqual(['i', 'w']);
    expect([...read.tensors.get('w')!.data]).toEqual([1, 1 + 2 ** -7]);
    expect([...read.tensors.get('i')!.data]).toEqual([3]);
  });
});
