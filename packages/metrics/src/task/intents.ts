/**
 * What a request is about, said in a sentence: "Lucy asks about time." For user tasks of many classes, as CLINC150 (Larson et al.,
 * arXiv 1909.02027) or BANKING77.
 *
 * A sentence, and one with a speaker, because of what a small model does after one-word answers, and after one sentence for every row ("This
 * is a question about time."): it says the same to harmful prompts, so that a harmful score tells nothing (docs/study-protocol.md). The speaker stands
 * in the prompt, so that an answer has to begin with a word of its own prompt. Which speaker is decided by the row's text alone.
 * The classes are those of the rows unless others are given, so that no list of them has to be kept beside a file.
 *
 * Marking: an answer is read as the one intent that it names, in whole words, in any case, a space as good as an underscore; where a name
 * begins with another one the longer is read. An answer that names no intent, or two different ones, is read as none: it is wrong, and
 * counted as unparsable. The rest of the sentence, the speaker too, is not looked at.
 */
import { Random } from '@pharmacist/core';
import { checkLabels, labelOf } from './labels.ts';
import { defineTask } from './define-task.ts';
import { checkVariant, type TaskDefinition } from './task.ts';

export type IntentsVariant = 'sentence';

const SPEAKERS = 'Anna Ben David Emma James John Kate Lisa Lucy Maria Mark Mary Peter Sam Sarah Tom'.split(' ');

const FIELDS = { name: 'intents', variants: ['sentence'] } as const;

/** Without labels it knows no other intent than a row's own: give it those of a file with `withLabels`. */
export const intents = defineTask(intentsOf());

function intentsOf(labels?: readonly string[]): TaskDefinition<IntentsVariant> & { readonly name: 'intents' } {
  const classOf = (reference: string) => {
    const spoken = asSpoken(reference);
    return labels === undefined ? spoken : labelOf(spoken, labels, FIELDS.name);
  };
  return {
    ...FIELDS,
    summary: 'what a request is about, named in a sentence; classes are those of the rows, or labels of your own',
    source: 'ours; for rows such as those of CLINC150 (arXiv 1909.02027)',
    labels,
    maxNewTokens: 24,
    instruction(text, variant) {
      checkVariant(FIELDS, variant);
      const speaker = speakerOf(text);
      return { prompt: `${speaker} says: "${text}" What does ${speaker} ask about?` };
    },
    classOf,
    target: (reference, text = '') => `${speakerOf(text)} asks about ${classOf(reference)}.`,
    score(answer, reference, variant) {
      checkVariant(FIELDS, variant);
      const expected = classOf(reference);
      const predicted = namedIn(answer, labels ?? [expected]);
      return { isCorrect: predicted === expected, predicted };
    },
    withLabels: (others) => intentsOf(checkLabels(others.map(asSpoken), FIELDS.name)),
  };
}

function speakerOf(text: string): string {
  return SPEAKERS[new Random(text).split('speaker').integer(SPEAKERS.length)]!;
}

/** The only label that a text names; null if it names none, or several. */
function namedIn(text: string, labels: readonly string[]): string | null {
  // Of the alternatives at one place the first is taken: the longest goes first.
  const names = labels.toSorted((a, b) => b.length - a.length).map(escaped);
  const inWholeWords = new RegExp(`(?<![\\p{L}\\p{N}])(?:${names.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  const [named, ...others] = new Set(asSpoken(text).match(inWholeWords));
  return named === undefined || others.length > 0 ? null : named;
}

function asSpoken(text: string): string {
  return text
    .toLowerCase()
    .replace(/[_\s]+/gu, ' ')
    .trim();
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/gu, '\\$&');
}
