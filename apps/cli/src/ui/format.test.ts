import { describe, expect, it } from 'vitest';
import { byteSize, counted, duration, percent, rate } from './format.ts';
import { printable } from './printable.ts';
import { formatTable } from './table.ts';

describe('numbers for a person', () => {
  it('round without crossing into a nonsense unit', () => {
    expect([0.04, 9.94, 9.96, 59.6, 125, 3599.7, 11520].map(duration)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '1 min 0 s',
      '2 min 5 s',
      '1 h 0 min',
      '3 h 12 min',
    ]);
    expect([512, 999_600, 3_440_000, 1.25e11].map(byteSize)).toEqual(['512 B', '1.0 MB', '3.4 MB', '125 GB']);
    expect([0.123, 31.42, 1250.4].map(rate)).toEqual(['0.12', '31.4', '1,250']);
    expect([counted(1, 'row'), counted(1500, 'row'), percent(0.9312)]).toEqual(['1 row', '1,500 rows', '93.1 %']);
  });
});

describe('formatTable', () => {
  it('aligns numbers right and counts wide characters as two', () => {
    const table = formatTable(
      [{ title: 'name' }, { title: 'rows', align: 'right' }],
      [
        ['good', '160'],
        ['日本', '7'],
      ],
    );
    expect(table).toBe('  name  rows\n  good   160\n  日本     7');
  });

  it('shows escape sequences of a file instead of obeying them', () => {
    expect(printable('a\u001b[31mb\tc\u202ed\ne')).toBe('a\\u001b[31mb c\\u202ed\ne');
    expect(formatTable([{ title: 'x' }], [['a\u001b]0;title\u0007']])).toBe('  x\n  a\\u001b]0;title\\u0007');
  });
});
