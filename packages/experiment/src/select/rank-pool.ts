import type { RunDirectory } from '@pharmacist/core';
import type { ExplainedRanking } from '@pharmacist/results';
import { numKept, type Ranking, type Selector } from '@pharmacist/selector';
import { explainSelection } from './explain.ts';
import { filterPool, type ParsedFilter } from './filter-pool.ts';
import { type KeepShare, keepShare } from './keep-share.ts';
import { type OrderedPool, poolContext, type PoolWork } from './pool-context.ts';

export interface RankingWork extends PoolWork {
  readonly selector: Selector;
  readonly config: Record<string, unknown>;
  readonly filters: readonly ParsedFilter[];
  /** The share asked for. */
  readonly keep: KeepShare;
  readonly explain: boolean;
}

/** What became of a pool: its ranking, in the order of ids, and the share of it to keep. */
export interface RankedPool extends OrderedPool {
  readonly ranking: Ranking | ExplainedRanking;
  readonly keep: number;
}

/** Filters the pool and fits the method; a finished run's ranking is not needed again. */
export async function rankPool(run: RunDirectory, work: RankingWork): Promise<RankedPool | undefined> {
  if (run.isComplete) return undefined;
  const { selector, config, filters, keep: asked, explain, reporter, signal } = work;
  const readsTokens = explain || (selector.cost !== 'none' && selector.cost !== 'text');
  const { context: whole, ...ordered } = await poolContext(run, work, { readsTokens });
  const filtered = await run.phase('rank', async () => await filterPool(whole.pool, filters, { reporter, signal }));
  if (filters.length > 0) run.note('leftOutByFilter', filtered.numLeftOut);
  const numForced = asked === 'auto' ? 0 : numKept(whole.pool.length, asked) - filtered.pool.length;
  if (numForced > 0) {
    reporter.warn(
      `the filters leave ${filtered.pool.length} of ${whole.pool.length} rows, fewer than --keep ${asked} asks for: ` +
        `${numForced} rows that were filtered out are in the core subset`,
    );
  }
  const ranking = await run.phase('rank', async () => filtered.restore(await selector.fit({ ...whole, pool: filtered.pool }, config)));
  // Rows without an answer stand at the end like those left out: their scores say nothing of the curve.
  let numRanked = 0;
  for (const { tokens } of filtered.pool) if (tokens.hasTargets) numRanked++;
  run.note('numRanked', numRanked);
  const keep = keepShare(whole, ranking, asked, numRanked);
  if (!explain) return { ...ordered, ranking, keep };
  const { rows } = ordered;
  return {
    ...ordered,
    ranking: await run.phase('explain', async () => await explainSelection(run, whole, ranking, { rows, keep })),
    keep,
  };
}
