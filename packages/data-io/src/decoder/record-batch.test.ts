import { expect, it } from 'vitest';
import type { RowProblem } from '../problems.ts';
import { RecordPacker, unpackRecords } from './record-batch.ts';

it('gives records and problems back in the order of their lines, whatever the fields are called', () => {
  const rows = Array.from({ length: 600 }, (_, i) => {
    const line = i + 7;
    if (i % 50 === 3) return { line, field: 'x', what: 'is not valid UTF-8' };
    return {
      line,
      record: Object.fromEntries([
        ['__proto__', `p${i}`],
        ['few', `text ${i % 3}`],
        ['2', i % 2 === 0 ? null : -0],
        ['1', [{ i }]],
      ]),
    };
  });
  const packer = new RecordPacker();
  rows.forEach((row) => packer.add(row));
  const batch = packer.take();
  expect(packer.isEmpty).toBe(true);
  expect(batch.columns.map((column) => 'distinct' in column)).toEqual([false, false, false, true]);
  const problems: RowProblem[] = [];
  const records = [...unpackRecords(structuredClone(batch), (problem) => problems.push(problem))];
  expect(records).toEqual(rows.filter((row) => 'record' in row));
  expect(Object.hasOwn(records[0]!.record, '__proto__')).toBe(true);
  expect(Object.is(records[1]!.record['2'], -0)).toBe(true);
  expect(problems).toEqual(rows.filter((row) => !('record' in row)));
});

it('is full after a million characters', () => {
  const packer = new RecordPacker();
  packer.add({ line: 1, record: { text: 'x'.repeat(1000) } });
  expect(packer.isFull).toBe(false);
  packer.add({ line: 2, record: { deep: [{ text: 'x'.repeat(1_100_000) }] } });
  expect(packer.isFull).toBe(true);
});
