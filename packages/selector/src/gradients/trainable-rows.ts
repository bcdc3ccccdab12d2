import { NumericError } from '@pharmacist/core';
import type { TokenizedRow } from '@pharmacist/language-model';
import { type TextRow, tokensOf } from '../selector.ts';
import { rowsWithTargets } from './directions.ts';

/** The rows of a pool that a model can be trained on. @throws {NumericError} if there are none. */
export function trainableRows(pool: readonly TextRow[]): TokenizedRow[] {
  assertTrainable(pool);
  return rowsWithTargets(tokensOf(pool));
}

/** @throws {NumericError} if a model can be trained on no row of a pool. */
export function assertTrainable(pool: readonly TextRow[]): void {
  if (pool.some(({ tokens }) => tokens.hasTargets)) return;
  throw new NumericError('no row of the pool has room for an answer', {
    where: 'alignment',
    hint: 'raise --max-length: every prompt fills it',
  });
}
