import { describe, expect, it } from 'vitest';
import { hashedRow, knownRows } from './fold.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
const row = (prompt: string, response: string) => ({ text: { prompt, response }, tokens });

const foldsOf = (rows: readonly { readonly fold: number }[]) => new Set(rows.map(({ fold }) => fold)).size;

describe('rows of the pool', () => {
  it('are in the same half if they are equal, and in either one otherwise', () => {
    expect(hashedRow(row('a', 'b'))).toEqual(hashedRow(row('a', 'b')));
    expect(foldsOf(Array.from({ length: 20 }, (_, i) => hashedRow(row(`Wish ${i}`, 'No.'))))).toBe(2);
  });
});

describe('rows of known label', () => {
  it('are in the same half if they have the same answer, whatever their prompts', () => {
    for (let i = 0; i < 20; i++) {
      const same = Array.from({ length: 20 }, (_, j) => row(`Wish ${j}`, j % 2 === 0 ? `No, ${i}.` : `No, ${i}.\n`));
      expect(foldsOf(knownRows(same)), `answer ${i}`).toBe(1);
    }
    expect(foldsOf(knownRows(Array.from({ length: 20 }, (_, i) => row('Wish', `No, ${i}.`))))).toBe(2);
  });

  it('are there once each, in an order of their own', () => {
    const rows = ['a', 'b', 'c', 'd'].map((text) => row(text, `${text}.`));
    const once = knownRows(rows);
    expect(once).toHaveLength(4);
    expect(knownRows([...rows, ...rows].toReversed())).toEqual(once);
  });

  it('leave out what has no answer', () => {
    expect(knownRows([{ ...row('a', 'b'), tokens: { ...tokens, hasTargets: false } }])).toEqual([]);
  });
});
