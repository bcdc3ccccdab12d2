import type { AnsweredSets } from './answer-sets.ts';
import type { ScoredTexts } from './likelihoods.ts';
import type { EvaluateInputs } from './read-inputs.ts';

/** Rows that were cut, by the role of their file, for the files that were given; a pair counts once, whichever of its sides was cut. */
export function truncatedRows(
  inputs: EvaluateInputs,
  { numTruncated }: Pick<AnsweredSets, 'numTruncated'>,
  { pairs, plainText }: ScoredTexts,
): ReadonlyMap<string, number> {
  const counts: readonly (readonly [role: keyof EvaluateInputs, count: number])[] = [
    ['harmfulPrompts', numTruncated.harmful],
    ['task', numTruncated.task],
    ['overRefusalPrompts', numTruncated.overRefusal],
    ['pairs', pairs?.safe.filter(({ truncated }, i) => truncated || pairs.harmful[i]!.truncated).length ?? 0],
    ['plainText', plainText?.filter(({ truncated }) => truncated).length ?? 0],
  ];
  return new Map(counts.filter(([role]) => inputs[role] !== undefined));
}
