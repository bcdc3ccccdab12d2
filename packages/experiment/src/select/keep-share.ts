import type { Reporter } from '@pharmacist/core';
import { automaticKeep, numKept, type Ranking, type SelectionContext } from '@pharmacist/selector';
import { CALL_DEFAULTS } from '../every-stage/call-defaults.ts';

/** Share of the pool that becomes the core subset, or `auto`: found in the scores. */
export type KeepShare = number | 'auto';

/**
 * The share that is asked of a method. `full` keeps all rows if nothing is said, and where the share is to be found in its scores: it tells no row from another, so
 * that what a smaller share keeps says nothing, of which there is a warning.
 * @param keep what is said of it, if anything.
 * @throws {ConfigError} if the share is out of range.
 */
export function askedKeep(method: string, keep: KeepShare | undefined, reporter: Pick<Reporter, 'warn'>): KeepShare {
  const asked = keep ?? (method === 'full' ? 1 : CALL_DEFAULTS.keep);
  if (asked === 'auto') return method === 'full' ? 1 : asked;
  numKept(1, asked);
  if (method === 'full' && asked < 1) {
    reporter.warn(
      `the method full ranks all rows alike: which ${Number((100 * asked).toPrecision(3))} % are kept says nothing about them (leave --keep out to keep all)`,
    );
  }
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
