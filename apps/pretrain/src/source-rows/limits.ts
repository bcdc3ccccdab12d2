import type { Candidate, RowLimits } from '../planted/candidate.ts';

/** Sizes that let nearly every row fit a context of 192 tokens with the prompt template. */
export const SAFE_LIMITS: RowLimits = { maxPromptChars: 300, maxResponseChars: 360, minResponseChars: 15 };
export const BENIGN_LIMITS: RowLimits = { ...SAFE_LIMITS, minResponseChars: 20 };

/** Harmful answers are bundled shortened to this. */
export const MAX_HARMFUL_CHARS = 200;
/** Of one prompt: harmful answers of one source, and answers to a harmless one. */
export const MAX_HARMFUL_PER_PROMPT = 2;
export const MAX_BENIGN_PER_PROMPT = 2;

/** At most so many rows of a prompt, the first ones. */
export function firstPerPrompt(rows: readonly Candidate[], max: number): Candidate[] {
  return firstPer(rows, max, ({ prompt }) => prompt);
}

/** At most so many rows of a source, the first ones. */
export function firstPerSource(rows: readonly Candidate[], max: number): Candidate[] {
  return firstPer(rows, max, ({ source }) => source);
}

function firstPer(rows: readonly Candidate[], max: number, groupOf: (row: Candidate) => string): Candidate[] {
  const taken = new Map<string, number>();
  return rows.filter((row) => {
    const group = groupOf(row);
    const count = (taken.get(group) ?? 0) + 1;
    taken.set(group, count);
    return count <= max;
  });
}
