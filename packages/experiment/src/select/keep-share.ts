import { ConfigError } from '@pharmacist/core';
import { automaticKeep, numKept, type Ranking, type SelectionContext } from '@pharmacist/selector';
import { CALL_DEFAULTS } from '../every-stage/call-defaults.ts';

/** Share of the pool that becomes the core subset, or `auto`: found in the scores. */
export type KeepShare = number | 'auto';

/**
 * The share that is asked of a method: `full` keeps all rows, since it tells none of them from another.
 * @param keep what is said of it, if anything.
 * @throws {ConfigError} if the share is out of range, or another than all is asked of `full`.
 */
export function askedKeep(method: string, keep: KeepShare | undefined): KeepShare {
  if (method === 'full') {
    if (keep === undefined || keep === 1) return 1;
    throw new ConfigError(`the method full keeps every row, and ${keep === 'auto' ? 'auto' : `a share of ${keep}`} is asked for`, {
      where: 'keep',
      hint: 'leave it out or give 1; the method random draws a share of the rows without looking at them',
    });
  }
  const asked = keep ?? CALL_DEFAULTS.keep;
  if (asked !== 'auto') numKept(1, asked);
  return asked;
}

/**
 * The share of the pool to keep.
 * @param numRanked rows with an answer that no filter left out; the others are at the end of the ranking.
 */
export function keepShare({ note }: Pick<SelectionContext, 'note'>, { scores }: Ranking, keep: KeepShare, numRanked: number): number {
  if (keep !== 'auto') return keep;
  const numScored = Math.max(1, numRanked);
  const best = scores.toSorted((a, b) => b - a).subarray(0, numScored);
  const share = (automaticKeep(best) * numScored) / scores.length;
  note('keep', share);
  return share;
}
