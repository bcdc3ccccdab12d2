import { automaticKeep, numKept, type Ranking, type SelectionContext } from '@pharmacist/selector';

/** Share of the pool that becomes the core subset, or `auto`: found in the scores. */
export type KeepShare = number | 'auto';

/** @throws {ConfigError} if the share is out of range. */
export function checkKeep(keep: KeepShare): void {
  if (keep !== 'auto') numKept(1, keep);
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
