import { Random } from '@pharmacist/core';
import type { TokenizedRow } from '../../src/tokenize-row.ts';

/** Rows of random tokens of the tiny forms' vocabulary of 96, of 6 to 24 tokens unless `length` is given, a third of them prompt. */
export function randomRows(seed: string, numRows: number, { length }: { length?: number } = {}): TokenizedRow[] {
  return Array.from({ length: numRows }, (_, index) => {
    const random = new Random(seed).split(index);
    const numTokens = length ?? 6 + random.integer(19);
    return {
      inputIds: Int32Array.from({ length: numTokens }, () => 3 + random.integer(93)),
      numPromptTokens: Math.ceil(numTokens / 3),
      truncated: false,
      hasTargets: true,
    };
  });
}
