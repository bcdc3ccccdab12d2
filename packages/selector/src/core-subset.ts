import { ConfigError, sortInTurns } from '@pharmacist/core';

/** Number of rows that a keep ratio in (0, 1] keeps of `numRows`: rounded to the nearest, at least one. @throws {ConfigError} */
export function numKept(numRows: number, keep: number): number {
  if (!(keep > 0 && keep <= 1))
    throw new ConfigError(`expected a share above 0 and up to 1, got ${keep}`, { where: 'keep', hint: 'use for instance 0.43' });
  return Math.max(1, Math.round(keep * numRows));
}

/**
 * Row indices from the best to the worst score; equal scores in the order of their ids, so that the order of the file does not matter.
 * @param ids undefined if the rows are in the order of their ids.
 * @returns i32 [rows]. @throws {InterruptedError}
 */
export async function rankingOrder(scores: Float64Array, ids: readonly string[] | undefined, signal?: AbortSignal): Promise<Int32Array> {
  const byId = (i: number, j: number) => (ids === undefined ? i - j : ids[i]! < ids[j]! ? -1 : 1);
  return await sortInTurns(scores.length, (i, j) => scores[j]! - scores[i]! || byId(i, j), { signal });
}
