import { ConfigError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { rowsWithTargets } from '../gradients/directions.ts';
import { type SelectionContext, type TextRow, tokensOf } from '../selector.ts';

/** The rows that others are held against, in an order that their files have no part in. */
export interface Anchors {
  readonly trusted: readonly TokenizedRow[];
  readonly harmful: readonly TokenizedRow[];
}

/** @throws {ConfigError} if one of the two has no row with an answer. */
export function anchorsOf({ trusted, harmful }: Pick<SelectionContext, 'trusted' | 'harmful'>): Anchors {
  return {
    trusted: anchorRows(trusted, 'trusted', 'add --validation FILE with harmful prompts and safe answers'),
    harmful: anchorRows(harmful, 'harmful', 'add --harmful FILE with harmful prompts and harmful answers'),
  };
}

function anchorRows(rows: readonly TextRow[], role: keyof Anchors, hint: string): TokenizedRow[] {
  const usable = rowsWithTargets(tokensOf(rows));
  if (usable.length > 0) return usable.sort(byTokens);
  throw new ConfigError(`anchoring needs ${role} rows with an answer, and there are none`, { where: role, hint });
}

/** Sums are rounded in the order of their terms: rows that come in the order of their tokens give the same bits from any file. */
function byTokens(a: TokenizedRow, b: TokenizedRow): number {
  const length = Math.min(a.inputIds.length, b.inputIds.length);
  for (let t = 0; t < length; t++) if (a.inputIds[t] !== b.inputIds[t]) return a.inputIds[t]! - b.inputIds[t]!;
  return a.inputIds.length - b.inputIds.length || a.numPromptTokens - b.numPromptTokens;
}

/** The row as if its answer ended after `count` tokens. Attention is causal: its targets have the losses and gradients they have in the whole row. */
export function firstAnswerTokens(row: TokenizedRow, count: number): TokenizedRow {
  const firstTarget = Math.max(1, row.numPromptTokens); // the first token of a text has nothing that predicts it
  return { ...row, inputIds: row.inputIds.subarray(0, firstTarget + count) };
}
