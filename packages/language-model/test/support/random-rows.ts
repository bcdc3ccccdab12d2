import { Random } from '@pharmacist/core';
import type { TokenizedRow } from '../../src/tokenize-row.ts';

const VOCABULARY = 96;
const FIRST_WORD = 3;

export interface RandomRowOptions {
  /** Tokens of each row; 6 to 24 if left out. */
  readonly length?: number;
  /** Token ids answers are drawn from, `[first, end)`; all of them if left out. */
  readonly answerIds?: readonly [number, number];
}

/** Rows of random tokens of the tiny forms' vocabulary of 96, a third of them prompt. */
export function randomRows(seed: string, numRows: number, options: RandomRowOptions = {}): TokenizedRow[] {
  const [first, end] = options.answerIds ?? [FIRST_WORD, VOCABULARY];
  return Array.from({ length: numRows }, (_, index) => {
    const random = new Random(seed).split(index);
    const numTokens = options.length ?? 6 + random.integer(19);
    const numPromptTokens = Math.ceil(numTokens / 3);
    const idAt = (place: number) =>
      place < numPromptTokens ? FIRST_WORD + random.integer(VOCABULARY - FIRST_WORD) : first + random.integer(end - first);
    return {
      inputIds: Int32Array.from({ length: numTokens }, (__, place) => idAt(place)),
      numPromptTokens,
      truncated: false,
      hasTargets: true,
    };
  });
}
