import { ConfigError, Random } from '@pharmacist/core';
import { normalisePrompt } from './normalise-prompt.ts';

/**
 * Splits rows into named parts so that rows of one normalised prompt never land in two parts.
 *
 * Prompts are taken in an order drawn from `seed`, those with the most rows first; each goes, with all its rows, to the part that is furthest from its share. Part sizes are
 * within the largest group of `fraction * rows`; within a part, rows keep their order.
 * @param fractions share of each part, >= 0, together 1.
 * @throws {ConfigError} if the fractions are negative or do not add up to 1.
 */
export function splitByPrompt<R extends { prompt: string }, Part extends string>(
  rows: readonly R[],
  fractions: Readonly<Record<Part, number>>,
  seed: number | string,
): Record<Part, R[]> {
  const parts = Object.keys(fractions) as Part[];
  const sum = parts.reduce((total, part) => total + fractions[part], 0);
  if (parts.some((part) => !(fractions[part] >= 0)) || !(Math.abs(sum - 1) < 1e-9)) {
    throw new ConfigError(
      `the fractions of a split must be 0 or more and add up to 1, got ${parts.map((part) => `${part} ${fractions[part]}`).join(', ')}`,
    );
  }
  const groups = new Map<string, number[]>();
  for (const [i, { prompt }] of rows.entries()) {
    const key = normalisePrompt(prompt);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  const indices = parts.map((): number[] => []);
  const isOpen = parts.map((part) => fractions[part] > 0);
  const shuffled = new Random(seed).split('split-by-prompt').shuffle([...groups.values()]);
  for (const group of shuffled.toSorted((a, b) => b.length - a.length)) {
    let best = -1;
    let bestDeficit = -Infinity;
    for (const [j, part] of parts.entries()) {
      const deficit = fractions[part] * rows.length - indices[j]!.length;
      if (isOpen[j] && deficit > bestDeficit) [best, bestDeficit] = [j, deficit];
    }
    indices[best]!.push(...group);
  }
  const entries = parts.map((part, j) => [part, indices[j]!.toSorted((a, b) => a - b).map((i) => rows[i]!)]);
  return Object.fromEntries(entries) as Record<Part, R[]>;
}
