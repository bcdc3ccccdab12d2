import { ConfigError } from '@pharmacist/core';
import { automaticKeep, diversified, numKept, type Ranking, type SelectionContext } from '@pharmacist/selector';
import { SELECT_DEFAULTS, type SelectOptions } from './options.ts';

/** How a core subset is chosen once the rows are ranked. */
export interface CoreChoice {
  /** Share of the pool, or by the scores themselves. */
  readonly keep: number | 'auto';
  /** The rows of the highest scores, or those that do not repeat rows picked before them. */
  readonly pick: 'top' | 'diverse';
  /** Standard deviations of the score that a row loses if it is the copy of a picked one; of `diverse` only. */
  readonly redundancy: number;
}

/** @throws {ConfigError} if the share or the redundancy is out of range. */
export function coreChoice({
  keep,
  pick = SELECT_DEFAULTS.pick,
  redundancy = SELECT_DEFAULTS.redundancy,
}: Pick<SelectOptions, 'keep' | 'pick' | 'redundancy'>): CoreChoice {
  if (keep !== 'auto') numKept(1, keep);
  if (!(redundancy >= 0 && Number.isFinite(redundancy)))
    throw new ConfigError(`expected a number of at least 0, got ${redundancy}`, { where: 'redundancy', hint: 'use for instance 1' });
  return { keep, pick, redundancy };
}

/** What of a choice belongs into the configuration of a run: nothing where it is the plain one. */
export function choiceConfig({ pick, redundancy }: CoreChoice): Record<string, unknown> {
  return pick === 'diverse' ? { pick, redundancy } : {};
}

/**
 * The share of the pool to keep, and the ranking whose first rows are that share.
 * @param numRanked rows that no filter left out; the others are at the end of the ranking.
 */
export async function chooseCore(
  context: SelectionContext,
  ranking: Ranking,
  { keep, pick, redundancy }: CoreChoice,
  numRanked: number,
): Promise<{ ranking: Ranking; keep: number }> {
  const numRows = context.pool.length;
  const best = ranking.scores.toSorted((a, b) => b - a).subarray(0, numRanked);
  const share = keep === 'auto' ? (automaticKeep(best) * numRanked) / numRows : keep;
  if (keep === 'auto') context.note('keep', share);
  if (pick === 'top') return { ranking, keep: share };
  return { ranking: await diversified(context, ranking, { redundancy, numPicks: numKept(numRows, share) }), keep: share };
}
