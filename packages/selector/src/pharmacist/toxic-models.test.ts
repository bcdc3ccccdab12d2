import { Random } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { describe, expect, it } from 'vitest';
import { disjointParts } from './toxic-models.ts';

const rows = Array.from({ length: 11 }, (_, id): TokenizedRow => ({
  inputIds: Int32Array.of(id, id),
  numPromptTokens: 1,
  truncated: false,
  hasTargets: true,
}));

describe('disjoint parts', () => {
  it('hold every row once, in sizes that differ by at most one', () => {
    const parts = disjointParts(rows, 3, new Random(0));
    expect(parts.map(({ length }) => length)).toEqual([4, 4, 3]);
    expect(new Set(parts.flat()).size).toBe(11);
    expect(parts.flat()).not.toEqual(rows);
    expect(disjointParts(rows, 3, new Random(0))).toEqual(parts);
  });

  it('are the rows as they are for one, and never empty', () => {
    expect(disjointParts(rows, 1, new Random(0))).toEqual([rows]);
    expect(disjointParts(rows.slice(0, 2), 5, new Random(0)).map(({ length }) => length)).toEqual([1, 1]);
  });
});
