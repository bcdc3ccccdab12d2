import { NumericError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { type TextRow, tokensOf } from '../selector.ts';
import { rowsWithTargets } from './directions.ts';

/** The rows of a pool that a model can be trained on. @throws {NumericError} if there are none. */
export function trainableRows(pool: readonly TextRow[]): TokenizedRow[] {
  const rows = rowsWithTargets(tokensOf(pool));
  if (rows.length > 0) return rows;
  throw new NumericError('no row of the pool has room for an answer', {
    where: 'alignment',
    hint: 'raise --max-length: every prompt fills it',
  });
}
