import type { TokenizedRow } from '@pharmacist/language-model';
import { describe, expect, it } from 'vitest';
import { PackedTokens } from './packed-tokens.ts';

const ROWS: readonly TokenizedRow[] = [
  { inputIds: Int32Array.of(1, 65_535, 0), numPromptTokens: 1, truncated: false, hasTargets: true },
  { inputIds: Int32Array.of(7), numPromptTokens: 1, truncated: true, hasTargets: false },
  { inputIds: Int32Array.of(3, 4), numPromptTokens: 1, truncated: true, hasTargets: true },
];

function packed({ isKept, vocabSize = 65_536 }: { isKept: boolean; vocabSize?: number }) {
  const asked: number[] = [];
  const tokenize = (index: number) => {
    asked.push(index);
    return ROWS[index]!;
  };
  const tokens = new PackedTokens({ vocabSize, isKept, tokenize });
  for (const row of ROWS) tokens.push(row);
  return { tokens, asked };
}

describe('packed tokens', () => {
  it.each([true, false])('are those of the rows, kept: %s', (isKept) => {
    const { tokens } = packed({ isKept });
    expect(ROWS.map((_, index) => ({ ...tokens.at(index) }))).toEqual(ROWS);
    expect([tokens.count, tokens.numTruncated, tokens.numWithoutTargets]).toEqual([3, 2, 1]);
  });

  it('are made again only if they are not kept and the ids are read', () => {
    for (const isKept of [true, false]) {
      const { tokens, asked } = packed({ isKept });
      expect(tokens.at(1).hasTargets).toBe(false);
      expect(asked).toEqual([]);
      expect([...tokens.at(2).inputIds]).toEqual([3, 4]);
      expect(asked.length).toBe(isKept ? 0 : 1);
    }
  });

  it.each([true, false])('are given in another order, kept: %s', async (isKept) => {
    const { tokens } = packed({ isKept });
    const rows = await tokens.inOrder(Int32Array.of(2, 0, 1));
    expect(rows.map((row) => ({ ...row }))).toEqual([ROWS[2], ROWS[0], ROWS[1]]);
  });

  it('are given out as arrays of their own', () => {
    const { tokens } = packed({ isKept: true });
    tokens.at(0).inputIds.fill(9);
    expect(tokens.at(0).inputIds).toEqual(ROWS[0]!.inputIds);
  });
});
