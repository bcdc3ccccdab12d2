import type { Fold } from '../fold.ts';
import { FOLDS } from '../fold.ts';
import { answerTerms } from './answer-terms.ts';
import { hashedTerms } from './hashed-terms.ts';
import { fitWordModel, HEAD_TOLERANCE, wordDecision, type WordExample, type WordModel } from './word-model.ts';
import { type WordShare, wordShares } from './word-shares.ts';

/** A row of the pool as the other heads judge it. */
export interface JudgedRow {
  readonly answer: string;
  readonly fold: Fold;
  readonly score: number;
}

/** Log-odds, by its words, that an answer is one of those that rank first in this pool. Rows of a half are judged by the other half's. */
export interface PoolWords {
  decision(answer: string, fold: Fold): number;
  /** What each word of an answer adds to `decision`, beyond what it adds to the usual one (word-shares.ts). */
  shares(answer: string, fold: Fold, usual: Float64Array): WordShare[];
}

/** Share of the rows that stand for the good ones, the first by score, and for the poor ones, the last. */
const SHARE = 0.3;
/** Rows of each kind that each half needs: fewer say nothing about words. */
const LEAST_ROWS = 3;
/** Of the scores of the last good and the first poor row: below it rounding of f32 numbers decides which row is which. */
const LEAST_DIFFERENCE = 1e-6;
/** C of the fit. A tenth of it ranks alike (docs/log.md). */
const COST = 1;

/**
 * Self-training (Scudder, IEEE Transactions on Information Theory 1965; Yarowsky, ACL 1995): what the other heads rank first and last in the pool teaches its words,
 * so that rows between, which are worded like either, follow them. Trusted rows are few, and of other sources than the pool's rows may be; the pool knows its own words.
 * Each half's model learns from the other half alone: no row is judged by a model that was told its own place. (The same answer to another prompt may be in that half: what the
 * other heads say of that row counts for this one.)
 * @param rows a sample of the pool, of different texts, in an order of their own. Deterministic.
 * @returns nothing where the rows are too few, or the scores do not tell them apart.
 */
export async function fitPoolWords(rows: readonly JudgedRow[], signal?: AbortSignal): Promise<PoolWords | undefined> {
  const ranked = [...rows].sort((a, b) => b.score - a.score);
  const numEach = Math.floor(SHARE * ranked.length);
  const [lastGood, firstPoor] = [ranked[numEach - 1], ranked[ranked.length - numEach]];
  if (lastGood === undefined || firstPoor === undefined || lastGood.score - firstPoor.score < LEAST_DIFFERENCE) return undefined;
  const examplesOf = (some: readonly JudgedRow[], isGood: boolean) =>
    some.map(({ answer, fold }) => ({ fold, example: { row: hashedTerms(answerTerms(answer)), isGood, weight: 1 } satisfies WordExample }));
  const taught = [...examplesOf(ranked.slice(0, numEach), true), ...examplesOf(ranked.slice(ranked.length - numEach), false)];
  const models: WordModel[] = [];
  for (const judged of FOLDS) {
    const others = taught.filter(({ fold }) => fold !== judged).map(({ example }) => example);
    const numGood = others.filter(({ isGood }) => isGood).length;
    if (Math.min(numGood, others.length - numGood) < LEAST_ROWS) return undefined;
    models[judged] = await fitWordModel(
      // The two kinds count alike.
      others.map((example) => ({ ...example, weight: others.length / (2 * (example.isGood ? numGood : others.length - numGood)) })),
      { cost: COST, tolerance: HEAD_TOLERANCE, signal },
    );
  }
  return {
    decision: (answer, fold) => wordDecision(models[fold]!, hashedTerms(answerTerms(answer))),
    shares: (answer, fold, usual) => wordShares(models[fold]!, answer, usual),
  };
}
