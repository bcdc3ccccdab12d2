import * as arrow from 'apache-arrow';
import { expect, it } from 'vitest';
import { checkCounts } from './arrow-checks.ts';

const FAR = 2 ** 40;
const bytes = (count: number): Uint8Array => new Uint8Array(count);

it.each<[string, arrow.Data, string]>([
  ['integers', arrow.makeData({ type: new arrow.Int32(), length: FAR, data: new Int32Array(2) }), `needs ${FAR} elements, there are 2`],
  ['booleans', arrow.makeData({ type: new arrow.Bool(), length: 9, data: bytes(1) }), 'needs 2 bytes, there are 1'],
  [
    'null bits',
    arrow.makeData({ type: new arrow.Int8(), length: 9, nullCount: 1, nullBitmap: bytes(1), data: new Int8Array(9) }),
    'needs 2 bytes of null bits',
  ],
  [
    'offsets',
    arrow.makeData({ type: new arrow.Utf8(), length: FAR, valueOffsets: new Int32Array(2), data: bytes(2) }),
    `needs ${FAR + 1} offsets`,
  ],
  [
    'text',
    arrow.makeData({ type: new arrow.Utf8(), length: 1, valueOffsets: Int32Array.of(0, 3), data: bytes(2) }),
    'offset 1 is 3, after 0 and with an end of 2',
  ],
])('%s', (_, data, message) => {
  expect(() => checkCounts(arrow, data)).toThrow(message);
});

it('a column shorter than its batch', () => {
  const data = arrow.makeData({ type: new arrow.Int8(), length: 1, data: new Int8Array(1) });
  expect(() => checkCounts(arrow, data, 5)).toThrow('needs 5 values, there are 1');
});
