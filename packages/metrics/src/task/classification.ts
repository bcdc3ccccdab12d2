/**
 * Classification by naming a label, as the code of Vaccine, Booster and T-Vaccine marks SST2 and AGNEWS.
 *
 * `substring` (Vaccine, T-Vaccine): right if the answer contains the reference's label, in lower case or capitalised, anywhere, even
 * inside another word. An answer that names several labels is right for each of them: accuracy there is an upper bound.
 * `exact` (Booster): right if the stripped answer *is* the label in one of these spellings.
 * AGNEWS' "Sci/Tech" is spelled "Sci/Tech" or "sci" in both.
 */
import { checkLabels, labelOf } from './labels.ts';
import { defineTask } from './define-task.ts';
import { type AnswerScore, checkVariant, type Task, type TaskDefinition } from './task.ts';

export type ClassificationVariant = 'substring' | 'exact';

const VARIANTS = ['substring', 'exact'] as const;

const OTHER_SPELLINGS: Readonly<Record<string, readonly string[]>> = { 'Sci/Tech': ['Sci/Tech', 'sci'] };

interface ClassificationForm<N extends string> {
  readonly name: N;
  readonly summary: string;
  readonly source: string;
  readonly labels: readonly string[];
  /** The instruction, given the labels as "a, b, c". */
  readonly instruction: (labels: string) => string;
}

/** A task whose answers are one of a few labels. */
export function defineClassification<const N extends string>(form: ClassificationForm<N>): Task & { readonly name: N } {
  return defineTask(classification(form));
}

function classification<const N extends string>(form: ClassificationForm<N>): TaskDefinition<ClassificationVariant> & { readonly name: N } {
  const { name, summary, source } = form;
  const labels = checkLabels(form.labels, name);
  const fields = { name, variants: VARIANTS };
  return {
    ...fields,
    summary,
    source,
    labels,
    maxNewTokens: 16,
    instruction(text, variant) {
      checkVariant(fields, variant);
      return { prompt: form.instruction(labels.join(', ')), input: text };
    },
    target: (reference) => labelOf(reference, labels, name),
    score(answer, reference, variant) {
      const isNamed = checkVariant(fields, variant) === 'substring' ? isWithin : isEqual;
      return scoreLabel(answer, labelOf(reference, labels, name), labels, isNamed);
    },
    withLabels: (others) => classification({ ...form, labels: others }),
  };
}

type IsNamed = (answer: string, label: string) => boolean;

const isWithin: IsNamed = (answer, label) => spellings(label).some((spelling) => answer.includes(spelling));
const isEqual: IsNamed = (answer, label) => spellings(label).includes(answer.trim());

function scoreLabel(answer: string, reference: string, labels: readonly string[], isNamed: IsNamed): AnswerScore {
  if (isNamed(answer, reference)) return { isCorrect: true, predicted: reference };
  return { isCorrect: false, predicted: labels.find((label) => isNamed(answer, label)) ?? null };
}

/** As given, in lower case and capitalised. */
function spellings(label: string): readonly string[] {
  return OTHER_SPELLINGS[label] ?? [label, label.toLowerCase(), label.charAt(0).toUpperCase() + label.slice(1)];
}
