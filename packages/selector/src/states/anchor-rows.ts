import { DataError, hashOfValue } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';

/** The option that names the file of such rows. */
const OPTIONS = { trusted: '--validation', harmful: '--harmful' } as const;

/**
 * The trusted or the harmful rows that have an answer, in the order of their texts' hashes: where they stand in their file decides nothing, and the
 * first `limit` are a sample that any run draws again.
 * @throws {DataError} if there are none.
 */
export function anchorRows(context: SelectionContext, kind: 'trusted' | 'harmful', method: string, limit = Infinity): TokenizedRow[] {
  const usable = context[kind].filter(({ tokens }) => tokens.hasTargets);
  if (usable.length === 0) {
    throw new DataError(`there are no ${kind} rows with an answer, and rows are compared with them`, {
      where: `method ${method}`,
      hint: `name a file by ${OPTIONS[kind]}`,
    });
  }
  return usable
    .map(({ text, tokens }) => ({ hash: hashOfValue(text), tokens }))
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0))
    .slice(0, limit)
    .map(({ tokens }) => tokens);
}
