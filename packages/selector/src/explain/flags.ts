import { normalisePrompt } from '@pharmacist/data-io';
import type { ColumnValues, PoolRow, TextRow } from '../selector.ts';

const SHORT_WORDS = 5;
const LONG_WORDS = 400;
/** One word so often in a row is no emphasis any more. */
const REPEATED_WORDS = 4;
/** From this length on, an answer is expected to use more than this share of distinct words. */
const REPETITIVE = { words: 20, distinctShare: 0.35 } as const;

/** What the flags of a row are decided by. */
export interface FlaggedRow extends TextRow {
  /** Words of the answer, lower case. */
  readonly words: readonly string[];
  readonly isDuplicate: boolean;
  readonly isRefusal: boolean;
  readonly hasHarmfulPrompt: boolean;
  readonly hasHarmfulAnswer: boolean;
  readonly hasTrustedPrompt: boolean;
}

interface Flag {
  readonly name: string;
  /** For a person: when the row is flagged. */
  readonly meaning: string;
  readonly test: (row: FlaggedRow) => boolean;
}

/** Every flag of the column `flags`, in its order. They judge nothing: most rows with one are good rows; they say where to look. */
export const ROW_FLAGS = [
  {
    name: 'no-answer',
    meaning: 'the answer is empty, or the prompt leaves no room for it: nothing to learn',
    test: ({ tokens, words }) => !tokens.hasTargets || words.length === 0,
  },
  { name: 'truncated', meaning: 'longer than the longest row: the end is cut off', test: ({ tokens }) => tokens.truncated },
  {
    name: 'short-answer',
    meaning: `the answer has fewer than ${SHORT_WORDS} words`,
    test: ({ words }) => words.length > 0 && words.length < SHORT_WORDS,
  },
  { name: 'very-long', meaning: `the answer has more than ${LONG_WORDS} words`, test: ({ words }) => words.length > LONG_WORDS },
  {
    name: 'repeats-words',
    meaning: `one word stands ${REPEATED_WORDS} times in a row, or of ${REPETITIVE.words} words or more at most ${100 * REPETITIVE.distinctShare} % are different ones`,
    test: ({ words }) => repeatsWords(words),
  },
  {
    name: 'non-refusal',
    meaning: 'the answer does not open by declining (a keyword proxy)',
    test: ({ isRefusal, words }) => words.length > 0 && !isRefusal,
  },
  {
    name: 'duplicate',
    meaning: 'a near-duplicate of another row, which has the same duplicate_group',
    test: ({ isDuplicate }) => isDuplicate,
  },
  { name: 'same-prompt-as-harmful', meaning: 'a harmful row has this prompt', test: ({ hasHarmfulPrompt }) => hasHarmfulPrompt },
  {
    name: 'same-answer-as-harmful',
    meaning: 'a harmful row has this answer: the row may be mislabelled',
    test: ({ hasHarmfulAnswer }) => hasHarmfulAnswer,
  },
  {
    name: 'same-prompt-as-validation',
    meaning: 'a trusted row has this prompt: it ranks higher for it',
    test: ({ hasTrustedPrompt }) => hasTrustedPrompt,
  },
] as const satisfies readonly Flag[];

export type RowFlag = (typeof ROW_FLAGS)[number]['name'];

export interface FlagSources {
  readonly harmful: readonly TextRow[];
  readonly trusted: readonly TextRow[];
  /** [N], NaN where a row has no duplicate. */
  readonly duplicateGroups: ColumnValues;
  /** Whether an answer declines. */
  isRefusal(response: string): boolean;
}

/** The flags of each row, in the order of the table. Prompts and answers count as the same in the form of `normalisePrompt`. */
export function flagRows(pool: readonly PoolRow[], { harmful, trusted, duplicateGroups, isRefusal }: FlagSources): RowFlag[][] {
  const textsOf = (rows: readonly TextRow[], which: 'prompt' | 'response') =>
    new Set(rows.map(({ text }) => normalisePrompt(text[which])).filter((text) => text !== ''));
  const [harmfulPrompts, harmfulAnswers] = [textsOf(harmful, 'prompt'), textsOf(harmful, 'response')];
  const trustedPrompts = textsOf(trusted, 'prompt');
  return pool.map(({ text, tokens }, index) => {
    const [prompt, response] = [normalisePrompt(text.prompt), normalisePrompt(text.response)];
    const row: FlaggedRow = {
      text,
      tokens,
      words: text.response.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [],
      isDuplicate: Number.isFinite(duplicateGroups[index]),
      isRefusal: isRefusal(text.response),
      hasHarmfulPrompt: harmfulPrompts.has(prompt),
      hasHarmfulAnswer: harmfulAnswers.has(response),
      hasTrustedPrompt: trustedPrompts.has(prompt),
    };
    return ROW_FLAGS.filter(({ test }) => test(row)).map(({ name }) => name);
  });
}

function repeatsWords(words: readonly string[]): boolean {
  let run = 0;
  for (const [i, word] of words.entries()) {
    run = i > 0 && word === words[i - 1] ? run + 1 : 1;
    if (run >= REPEATED_WORDS) return true;
  }
  return words.length >= REPETITIVE.words && new Set(words).size <= REPETITIVE.distinctShare * words.length;
}
