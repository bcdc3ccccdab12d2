import type { Random } from '@pharmacist/core';
import { SPOIL_NAMES, spoiled, wordsOf } from '../spoil.ts';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms } from './hashed-terms.ts';
import { fitWordModel, type WordExample, type WordModel } from './word-model.ts';

/** An answer of a public data set: a good one, one that goes along with harm, or an ordinary answer to a harmless prompt. */
export interface PriorAnswer {
  readonly answer: string;
  readonly kind: 'good' | 'harmful' | 'benign';
}

/** C of the fit. */
const COST = 5;

/**
 * Learns a word prior: good answers against harmful ones, benign ones and spoiled copies of the good ones (one each), these three in equal parts and
 * together as heavy as the good ones. Deterministic by seed.
 */
export async function trainWordPrior(answers: readonly PriorAnswer[], random: Random, signal?: AbortSignal): Promise<WordModel> {
  const of = (kind: PriorAnswer['kind']) => answers.filter((row) => row.kind === kind).map(({ answer }) => answer);
  const good = of('good');
  const vocabulary = good.flatMap(wordsOf);
  const copies = good.flatMap((answer, i) => {
    const own = random.split('copy', i);
    const context = {
      random: own,
      other: good[(i + 1 + own.integer(Math.max(1, good.length - 1))) % good.length]!,
      word: () => vocabulary[own.integer(vocabulary.length)]!,
    };
    return spoiled(SPOIL_NAMES[own.integer(SPOIL_NAMES.length)]!, answer, context) ?? [];
  });
  const poor = [of('harmful'), of('benign'), copies].filter(({ length }) => length > 0);
  const numRows = good.length + poor.reduce((sum, { length }) => sum + length, 0);
  const examplesOf = (texts: readonly string[], isGood: boolean, share: number): WordExample[] =>
    texts.map((text) => ({ row: hashedTerms(answerTerms(text)), isGood, weight: (share * numRows) / texts.length }));
  const examples = [...examplesOf(good, true, 1 / 2), ...poor.flatMap((texts) => examplesOf(texts, false, 1 / (2 * poor.length)))];
  return await fitWordModel(examples, { cost: COST, signal });
}
