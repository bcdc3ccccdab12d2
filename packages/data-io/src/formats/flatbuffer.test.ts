import { expect, it } from 'vitest';
import { checkFlatbuffer, type Table } from './flatbuffer.ts';

/** A table at 16 with one field: an offset, at 20, to a vector at 24. Its vtable is at 4. */
function buffer({ offset = 4, length = 2, vtable = 12 } = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(44));
  view.setUint32(0, 16, true);
  view.setUint16(4, 6, true);
  view.setUint16(6, 8, true);
  view.setUint16(8, 4, true);
  view.setInt32(16, vtable, true);
  view.setUint32(20, offset, true);
  view.setUint32(24, length, true);
  return new Uint8Array(view.buffer);
}

const NUMBERS: Table = { 0: { vectorOf: 8 } };

it('gives the elements of a vector', () => {
  expect(checkFlatbuffer(buffer(), NUMBERS).vector(0, 8)).toHaveLength(2);
});

it.each<[string, Uint8Array]>([
  ['a count beyond the end', buffer({ length: 3 })],
  ['a count that is huge', buffer({ length: 2 ** 32 - 1 })],
  ['an offset beyond the end', buffer({ offset: 1000 })],
  ['a description of the table before the beginning', buffer({ vtable: 1000 })],
  ['a description of the table beyond the end', buffer({ vtable: -1000 })],
  ['nothing', new Uint8Array(0)],
])('refuses %s', (_, bytes) => {
  expect(() => checkFlatbuffer(bytes, NUMBERS)).toThrow('its description leads to');
});

it('refuses a table that holds itself', () => {
  const endless: Table = { 0: { vectorOfTables: () => endless } };
  const bytes = buffer({ length: 1 });
  // The one element of the vector is the table.
  new DataView(bytes.buffer).setUint32(28, 2 ** 32 - 12, true);
  expect(() => checkFlatbuffer(bytes, endless)).toThrow('its description');
});
