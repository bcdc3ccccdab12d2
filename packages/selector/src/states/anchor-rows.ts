import { DataError, hashOfValue } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext, TextRow } from '../selector.ts';

/** The option that names the file of such rows. */
const OPTIONS = { trusted: '--validation', harmful: '--harmful' } as const;

/** The rows that have an answer, in the order of their texts' hashes: where trusted and harmful rows stand in their file decides nothing. */
export function inHashOrder(rows: readonly TextRow[]): TokenizedRow[] {
  return rows
    .filter(({ tokens }) => tokens.hasTargets)
    .map(({ text, tokens }) => ({ hash: hashOfValue(text), tokens }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .map(({ tokens }) => tokens);
}

/**
 * The trusted or the harmful rows that have an answer, in the order of their texts' hashes: the first `limit` are a sample that any run draws again.
 * @throws {DataError} if there are none.
 */
export function anchorRows(context: SelectionContext, kind: 'trusted' | 'harmful', method: string, limit = Infinity): TokenizedRow[] {
  const usable = inHashOrder(context[kind]);
  if (usable.length === 0) {
    throw new DataError(`there are no ${kind} rows with an answer, and rows are compared with them`, {
      where: `method ${method}`,
      hint: `name a file by ${OPTIONS[kind]}`,
    });
  }
  return usable.slice(0, limit);
}
