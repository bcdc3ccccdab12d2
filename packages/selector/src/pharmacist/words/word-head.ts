import { InternalError } from '@pharmacist/core';
import type { SparseRow } from '../../learning/sparse-row.ts';
import { type Fold, FOLDS, type HashedRow } from '../fold.ts';
import type { PlantedCopy } from '../planted-copies.ts';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms } from './hashed-terms.ts';
import { fitWordModel, HEAD_TOLERANCE, type WordExample, type WordModel, wordDecision } from './word-model.ts';
import { type WordShare, wordShares } from './word-shares.ts';

/** Rows of known labels that the words are learned from. */
export interface WordRows {
  readonly trusted: readonly HashedRow[];
  readonly harmful: readonly HashedRow[];
  /** Spoiled copies of trusted rows. */
  readonly copies: readonly PlantedCopy[];
}

/** Log-odds, by its words, that an answer is a good one. */
export interface WordHead {
  decision(answer: string): number;
  /** By a model that never saw the rows of this half; none where the other half has nothing to learn from. @throws {InternalError} if none was asked for. */
  heldOutDecision(answer: string, fold: Fold): number | undefined;
  /** What each word of an answer adds to `decision`, beyond what it adds to the usual one (word-shares.ts). */
  shares(answer: string, usual: Float64Array): WordShare[];
}

/** What harmful answers and copies weigh together, beside the trusted rows' 1. */
const HARMFUL_WEIGHT = 1;
const COPIES_WEIGHT = 3;
/** C of the fit for trusted rows of weight 1: how much a run's own rows count against the bundled prior. */
const COST = 20;

export interface WordHeadOptions {
  readonly prior: WordModel | undefined;
  /** Whether rows of known labels will be scored, by models that did not see them: two more fits. */
  readonly isHeldOutAsked: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Learns the words of good answers from the run's own rows, beginning from the bundled prior. Without trusted rows, or with nothing to tell them from, the prior
 * alone decides; without either there are no words (undefined).
 */
export async function fitWordHead(rows: WordRows, { prior, isHeldOutAsked, signal }: WordHeadOptions): Promise<WordHead | undefined> {
  const known = { trusted: hashedAnswers(rows.trusted), harmful: hashedAnswers(rows.harmful), copies: hashedAnswers(rows.copies) };
  const all = await fitOn(known, () => true, prior, signal);
  if (all === undefined) return undefined;
  const halves = new Map<Fold, WordModel | undefined>();
  for (const fold of isHeldOutAsked ? FOLDS : []) halves.set(fold, await fitOn(known, (row) => row.fold !== fold, prior, signal));
  const decide = (model: WordModel, answer: string) => wordDecision(model, hashedTerms(answerTerms(answer)));
  return {
    decision: (answer) => decide(all, answer),
    heldOutDecision: (answer, fold) => {
      if (!halves.has(fold)) throw new InternalError('no models of halves were asked for', { where: 'pharmacist, words' });
      const model = halves.get(fold);
      return model && decide(model, answer);
    },
    shares: (answer, usual) => wordShares(all, answer, usual),
  };
}

interface HashedAnswer {
  readonly row: SparseRow;
  readonly fold: Fold;
}

function hashedAnswers(rows: readonly HashedRow[]): HashedAnswer[] {
  return rows.map(({ text, fold }) => ({ row: hashedTerms(answerTerms(text.response)), fold }));
}

async function fitOn(
  { trusted, harmful, copies }: Readonly<Record<keyof WordRows, readonly HashedAnswer[]>>,
  isUsed: (row: HashedAnswer) => boolean,
  prior: WordModel | undefined,
  signal: AbortSignal | undefined,
): Promise<WordModel | undefined> {
  const own = trusted.filter(isUsed);
  const examplesOf = (rows: readonly HashedAnswer[], isGood: boolean, weight: number): WordExample[] => {
    const used = rows.filter(isUsed);
    return used.map(({ row }) => ({ row, isGood, weight: (weight * own.length) / used.length }));
  };
  const poor = [...examplesOf(harmful, false, HARMFUL_WEIGHT), ...examplesOf(copies, false, COPIES_WEIGHT)];
  if (own.length === 0 || poor.length === 0) return prior;
  return await fitWordModel([...examplesOf(own, true, 1), ...poor], { prior, cost: COST, tolerance: HEAD_TOLERANCE, signal });
}
