import { defineTask } from './define-task.ts';
import { checkVariant } from './task.ts';

/** How far answer and reference may differ. */
export type ExactMatchVariant = 'normalised' | 'strict';

const FIELDS = { name: 'exact-match', variants: ['normalised', 'strict'] } as const;

/**
 * Rows of any kind whose one right answer is a text: the text is the prompt, the reference the target.
 * `normalised` ignores case, punctuation and repeated white space, as question-answering scores do (SQuAD, arXiv 1606.05250; differs:
 * articles count); `strict` compares the stripped texts.
 */
export const exactMatch = defineTask({
  ...FIELDS,
  summary: 'any prompt with one right answer, compared as text',
  source: 'ours; normalised in the manner of SQuAD (arXiv 1606.05250)',
  maxNewTokens: 64,
  instruction(text, variant) {
    checkVariant(FIELDS, variant);
    return { prompt: text };
  },
  target: (reference) => reference,
  score(answer, reference, variant) {
    const form = checkVariant(FIELDS, variant) === 'normalised' ? normalise : (text: string) => text.trim();
    const predicted = form(answer);
    return { isCorrect: predicted === form(reference), predicted: predicted === '' ? null : predicted };
  },
});

/** A text of punctuation alone is left as it is, or every such answer would equal every such reference. */
function normalise(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase();
  // Signs, decimal points and digit groups stay: -5 is not 5, and 3.5 not 35.
  const words = folded
    .replace(/(?![-.,]\d)\p{P}/gu, ' ')
    .trim()
    .replace(/\s+/g, ' ');
  return words === '' ? folded.trim() : words;
}
