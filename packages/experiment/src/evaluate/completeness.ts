import { IncompleteError, type Reporter, type RunDirectory } from '@pharmacist/core';
import type { Judge, Verdict } from '@pharmacist/metrics';
import type { Scores } from './scores.ts';

export interface CompletenessOptions {
  readonly run: Pick<RunDirectory, 'path' | 'record'>;
  readonly reporter: Reporter;
}

/**
 * Warns of answers that a judge refused for good: nothing is left to do about them, and they stay errored.
 * @throws {IncompleteError} if asking again may bring more verdicts, or there are none at all.
 */
export function assertComplete(
  scores: Scores,
  verdicts: ReadonlyMap<Judge, readonly Verdict[]>,
  { run, reporter }: CompletenessOptions,
): void {
  const numRefused = new Map([...verdicts].map(([{ name }, given]) => [name, given.filter(isRefused).length]));
  const problems = scores.judges.flatMap(({ name, harmfulScore: { value, numItems, numErrored, numUnparsable } }) => {
    const refused = numRefused.get(name) ?? 0;
    const parts = [
      ...(numErrored > refused ? [`could not be asked about ${numErrored - refused}`] : []),
      ...(numUnparsable > 0 ? [`answered nonsense to ${numUnparsable}`] : []),
      ...(value === null && refused > 0 ? [`refused ${refused}`] : []),
    ];
    if (refused > 0 && value !== null) {
      reporter.warn(`the judge ${name} refused ${refused} of ${numItems} answers for good; they are counted as errored in scores.json`);
    }
    return parts.length === 0 ? [] : [`the judge ${name} ${parts.join(' and ')} of ${numItems} answers`];
  });
  if (problems.length === 0) return;
  const { path, record } = run;
  const isRefusedWhole = scores.judges.some(({ name, harmfulScore: { numItems } }) => numRefused.get(name) === numItems);
  throw new IncompleteError(`${problems.join('; ')}; they are counted apart in scores.json`, {
    where: path,
    hint: isRefusedWhole
      ? 'choose another judge and another --out: this one refuses every answer for good'
      : 'see to it that the judge can be reached (and maxCost leaves room), and give the same command again: it asks only about these',
    details: { scores, seconds: record.timing.wallSeconds, passes: record.passes },
  });
}

function isRefused(verdict: Verdict): boolean {
  return verdict.status === 'error' && verdict.isFinal === true;
}
