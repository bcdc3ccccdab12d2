import { describe, expect, it } from 'vitest';
import { describeDifference, jsonDifferences } from './json-difference.ts';

describe('jsonDifferences', () => {
  it('finds changed, new and lost leaves at every depth', () => {
    const before = { seed: 0, lora: { rank: 8, targets: ['q', 'v'] }, old: null };
    const after = { seed: 0, lora: { rank: 16, targets: ['q', 'k', 'v'] }, mu: 0 };
    expect(jsonDifferences(before, after).map(describeDifference)).toEqual([
      'lora.rank: 8 → 16',
      'lora.targets[1]: "v" → "k"',
      'lora.targets[2]: (absent) → "v"',
      'old: null → (absent)',
      'mu: (absent) → 0',
    ]);
  });

  it('sees a change of kind as one difference, and key order as none', () => {
    expect(jsonDifferences({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: 'a', before: [1], after: { 0: 1 } }]);
    expect(jsonDifferences({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([]);
  });

  it('cuts long values', () => {
    expect(describeDifference({ path: 'text', before: 'x'.repeat(200), after: 1 })).toBe(`text: "${'x'.repeat(78)}… → 1`);
  });
});
