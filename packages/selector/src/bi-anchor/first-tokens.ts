import type { TokenizedRow } from '@pharmacist/language-model';

/** The row as if its answer ended after `count` tokens. Attention is causal: its targets have the losses and gradients they have in the whole row. */
export function firstAnswerTokens(row: TokenizedRow, count: number): TokenizedRow {
  const firstTarget = Math.max(1, row.numPromptTokens); // the first token of a text has nothing that predicts it
  return { ...row, inputIds: row.inputIds.subarray(0, firstTarget + count) };
}
