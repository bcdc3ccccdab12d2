import { availableParallelism } from 'node:os';
import { ConfigError } from '@pharmacist/core';

/** Of a core: some gain by a few, none by more. */
const MOST_PER_CORE = 4;
/** Allowed anywhere: a run may be prepared on a smaller machine than it is computed on. */
const ALWAYS_ALLOWED = 256;

/**
 * Thousands of threads begin, and then work and end so slowly that nobody sees them do it.
 * @param where the setting. @throws {ConfigError} if there are more than the cores of a machine can use.
 */
export function checkThreads(numThreads: number, where: string, numCores = availableParallelism()): void {
  const most = Math.max(ALWAYS_ALLOWED, MOST_PER_CORE * numCores);
  if (numThreads <= most) return;
  const cores = numCores === 1 ? '1 core' : `${numCores} cores`;
  throw new ConfigError(`${numThreads} threads are more than a machine of ${cores} can use`, {
    where,
    hint: `use at most ${most}, or leave it out: the engine takes as many as it finds good`,
  });
}
