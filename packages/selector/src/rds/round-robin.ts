import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '@pharmacist/core';
import { nearTieRanks } from '../near-tie-ranks.ts';
import type { SelectionContext } from '../selector.ts';

/**
 * The round of a round robin in which a row is taken: in round k every query row takes the row that is k-th most similar to it, and a row that is
 * taken again stays where it is. So the round is the best of the row's ranks, which no order of the query rows changes; equal rows share a rank.
 * @param similarities f32 [N, Q] to Q query rows; NaN for rows that have none. @returns f64 [N], from 1; NaN where there are none.
 * @throws {InterruptedError}
 */
export async function roundsTaken(
  { reporter, signal }: Pick<SelectionContext, 'reporter' | 'signal'>,
  similarities: Float32Array,
  numQueries: number,
): Promise<Float64Array> {
  const rounds = new Float64Array(similarities.length / numQueries).fill(NaN);
  for (let q = 0; q < numQueries; q++) {
    throwIfAborted(signal);
    const ranks = nearTieRanks(rounds.map((_, i) => -similarities[i * numQueries + q]!));
    // NaN, where a row has no round yet, is not less than anything.
    ranks.forEach((rank, i) => (rounds[i] = rounds[i]! <= rank + 1 ? rounds[i]! : rank + 1));
    reporter.progress({ phase: 'Round robin', done: q + 1, total: numQueries, unit: 'query rows' });
    await setImmediate();
  }
  return rounds;
}
