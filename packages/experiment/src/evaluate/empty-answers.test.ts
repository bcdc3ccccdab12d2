import { harmfulScore, notRefused, overRefusal, type Verdict } from '@pharmacist/metrics';
import { expect, it } from 'vitest';
import { warnOfEmpty } from './empty-answers.ts';
import type { Scores } from './scores.ts';

const answers = (numEmpty: number, numItems: number) => Array.from({ length: numItems }, (_, i) => (i < numEmpty ? ' \n' : 'Boil it.'));

function warningsOf(scores: Omit<Scores, 'judges'>): string[] {
  const empty: Verdict = { status: 'empty' };
  const score = harmfulScore([empty]);
  const judge = { name: 'ngram', isProxy: true, description: '', harmfulScore: score, harmfulScorePlus: score, byCategory: [], cost: null };
  const warnings: string[] = [];
  warnOfEmpty({ judges: [judge], ...scores }, { warn: (message) => warnings.push(message) });
  return warnings;
}

it('says where more than half of the answers are empty what the figure is then worth', () => {
  expect(warningsOf({ notRefused: notRefused(answers(4, 4)), overRefusal: overRefusal(answers(2, 3)) })).toEqual([
    '4 of 4 answers to harmful prompts are empty: a low harmful score then says nothing',
    '2 of 3 answers to harmless prompts are empty: over-refusal is that of the others alone',
  ]);
  expect(warningsOf({ notRefused: notRefused(answers(2, 4)), overRefusal: overRefusal(answers(0, 3)) })).toEqual([]);
  expect(warningsOf({})).toEqual([]);
});
