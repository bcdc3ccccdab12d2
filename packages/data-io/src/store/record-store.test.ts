import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RecordStore } from './record-store.ts';

const BLOCK_BYTES = 1 << 22;
/** Lengths that end before, at and beyond the ends of blocks and windows. */
const LENGTHS = [0, 1, 7, 100_000, 300_000, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES];
const record = (number: number, length: number) => Buffer.alloc(length, `${number},`);

describe.each([0, BLOCK_BYTES, 5 * BLOCK_BYTES, undefined])('a store that keeps %s bytes', (keptBytes) => {
  it('gives back what was pushed, in any order, while it grows and afterwards', () => {
    const store = new RecordStore({ keptBytes });
    for (const [index, length] of LENGTHS.entries()) {
      store.push(record(index, length));
      expect(store.at(index).equals(record(index, length))).toBe(true);
    }
    expect([store.count, store.numBytes, store.isSpilled]).toEqual([
      LENGTHS.length,
      LENGTHS.reduce((sum, length) => sum + length, 0),
      keptBytes !== undefined,
    ]);
    for (const index of [8, 0, 4, 3, 7, 5, 1, 2, 6]) expect(store.at(index).equals(record(index, LENGTHS[index]!))).toBe(true);
  });

  it('gives back small records, one after the other, in leaps and in another order', async () => {
    const numRecords = 100_000;
    const store = new RecordStore({ keptBytes });
    for (let i = 0; i < numRecords; i++) store.pushText(`record ${i} é${'x'.repeat(i % 60)}`);
    const textAt = (i: number) => `record ${i} é${'x'.repeat(i % 60)}`;
    let numWrong = 0;
    for (let i = 0; i < numRecords; i++) if (store.at(i).toString() !== textAt(i)) numWrong++;
    for (let i = 0; i < numRecords; i += 1013) if (store.at(i).toString() !== textAt(i)) numWrong++;
    for (let i = 0; i < 2000; i++) if (store.at((i * 7919) % numRecords).toString() !== textAt((i * 7919) % numRecords)) numWrong++;
    expect(numWrong).toBe(0);
    const order = Int32Array.from({ length: numRecords / 2 }, (_, i) => (i * 7919) % numRecords);
    const sorted = await store.inOrder(order);
    expect(sorted.count).toBe(order.length);
    for (const [place, i] of order.entries()) if (sorted.at(place).toString() !== textAt(i)) numWrong++;
    expect(numWrong).toBe(0);
    expect(await store.inOrder(Int32Array.from({ length: numRecords }, (_, i) => i))).toBe(store);
    expect((await store.inOrder(Int32Array.from({ length: 3 }, (_, i) => i))).count).toBe(3);
  });
});

describe('a store with a file', () => {
  let folder: string;
  const before = process.env['TMPDIR'];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pharmacist-store-'));
    process.env['TMPDIR'] = folder;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves nothing by name, and says where there is no room for one', () => {
    const store = new RecordStore({ keptBytes: 0 });
    for (let i = 0; i < 3; i++) store.push(record(i, BLOCK_BYTES));
    expect(store.isSpilled).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    process.env['TMPDIR'] = join(folder, 'missing');
    const other = new RecordStore({ keptBytes: 0 });
    expect(() => other.push(record(0, 2 * BLOCK_BYTES))).toThrow(/kept there meanwhile, and it cannot be written: does not exist/);
    process.env['TMPDIR'] = folder;
  });

  it('reads numbers of eight bytes where they lie', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.double({ noNaN: true }), { maxLength: 40 }), { maxLength: 20 }), (lists) => {
        const store = new RecordStore({ keptBytes: 0 });
        store.push(new Uint8Array(BLOCK_BYTES));
        for (const list of lists) store.push(new Uint8Array(Float64Array.from(list).buffer));
        store.push(new Uint8Array(BLOCK_BYTES));
        for (const [index, list] of lists.entries()) {
          const bytes = store.at(index + 1);
          expect([...new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)]).toEqual(list);
        }
      }),
      { numRuns: 20 },
    );
  });
});
