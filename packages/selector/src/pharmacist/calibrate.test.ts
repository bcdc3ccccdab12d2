import { expect, it } from 'vitest';
import { calibrate } from './calibrate.ts';
import { type Fold, type HashedRow, hashedRow } from './fold.ts';
import type { Heads } from './heads.ts';
import { jointScore, sumOfPenalties } from './joint-score.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { Measures } from './measures.ts';
import { NUM_ROW_NUMBERS } from './form/row-numbers.ts';
import { SIMILARITY_NAMES } from './similarity.ts';

const tokens = { inputIds: Int32Array.of(1, 2, 3), numPromptTokens: 1, truncated: false, hasTargets: true };
/** A row whose answer is what its words are worth. */
const row = (value: number): HashedRow => hashedRow({ text: { prompt: 'Wish', response: String(value) }, tokens });
const pool = Float64Array.from({ length: 21 }, (_, i) => (i - 10) / 4);

/** Trusted and harmful rows by what their words are worth, and by their nearness; no copies, no form. */
async function chances(
  trusted: readonly number[],
  harmful: readonly number[],
  { hasHalves = true, ...nearness }: Readonly<{ trusted?: number; hasHalves?: boolean }> = {},
) {
  const judged: Fold[] = [];
  const warnings: string[] = [];
  const reporter = { progress: () => undefined, warn: (message: string) => warnings.push(message), info: () => undefined };
  const words = {
    decision: () => {
      throw new Error('a row of known label was judged by a model that had seen it');
    },
    heldOutDecision: (answer: string, fold: Fold) => {
      judged.push(fold);
      return hasHalves ? Number(answer) : undefined;
    },
    shares: () => [],
  };
  const measures = (similarity: number): Measures => ({
    numbers: () => new Float64Array(NUM_ROW_NUMBERS),
    losses: () => new Float32Array(0),
    similarities: () => new Float32Array(Math.max(trusted.length, harmful.length)).fill(similarity),
    nearest: () => 0,
  });
  const heads: Heads = { words, form: undefined, hasSimilarities: true };
  const labelled: LabelledRows = {
    trusted: trusted.map(row),
    harmful: harmful.map(row),
    wordCopies: [],
    trustedCopies: [],
    poolCopies: [],
    trustedShapes: [],
    poolShapes: [],
    harmfulRead: harmful.map(row),
    originals: [],
  };
  const values = { words: pool, similarities: SIMILARITY_NAMES.map(() => Float32Array.from(pool.keys(), (i) => i / 20)) };
  const penaltiesOf = jointScore(values, { words: 1, similarity: 1, form: 1, poolWords: 1 });
  const read = {
    pool: measures(0),
    trusted: trusted.length === 0 ? undefined : measures(nearness.trusted ?? 0.5),
    harmful: measures(0.5),
    trustedCopies: measures(0),
    poolCopies: measures(0),
    hasSimilarities: true,
    read: async () => measures(0),
  };
  const scores = sumOfPenalties(penaltiesOf(values));
  const found = await calibrate({ reporter }, { heads, labelled, read, penaltiesOf, values, scores });
  return { found, judged, scores, warnings, folds: [...trusted, ...harmful].map((value) => row(value).fold) };
}

const meanProbability = (scores: Float64Array, probability: (score: number) => number) =>
  scores.reduce((sum, score) => sum + probability(score), 0) / scores.length;

it('makes of higher scores higher probabilities whose mean is the share, by models that never saw the rows', async () => {
  const { found, judged, scores, folds } = await chances([2, 1.5, 1, 0.5], [-2, -1, -1.5, 0.7]);
  expect(judged).toEqual(folds);
  expect(found!.probability(scores[20]!)).toBeGreaterThan(found!.probability(scores[0]!) + 0.3);
  expect(meanProbability(scores, found!.probability)).toBeCloseTo(found!.goodShare, 6);
});

it('says nothing without trusted rows, or with nothing to tell them from', async () => {
  expect((await chances([], [-1, -2])).found).toBeUndefined();
  expect((await chances([1, 2], [])).found).toBeUndefined();
});

it('says nothing, and why, where no model of words has not seen the rows that it would judge', async () => {
  const { found, warnings } = await chances([1, 2], [-1, -2], { hasHalves: false });
  expect(found).toBeUndefined();
  expect(warnings.join()).toContain('no probabilities: the trusted answers are too few');
});

it('takes one trusted row, which is near to no other: it counts as the middle of the pool', async () => {
  const { found } = await chances([1], [-1, -2], { trusted: NaN });
  const { found: atMiddle } = await chances([1], [-1, -2], { trusted: 0.5 });
  expect(found!.probability(-1)).toBe(atMiddle!.probability(-1));
  expect(Number.isFinite(found!.goodShare)).toBe(true);
});

it('never goes against the scores: where known rows do, each row gets a half, and a warning says so', async () => {
  const { found, scores, warnings } = await chances([-2, -1.5, -1], [2, 1, 1.5]);
  for (const score of scores) expect(found!.probability(score)).toBeCloseTo(0.5, 6);
  expect(warnings.join()).toContain('trusted rows do not score above');
});

it('gives a half to each row where known rows all score alike', async () => {
  const { found, scores } = await chances([1, 1, 1], [1, 1]);
  expect(found!.goodShare).toBeCloseTo(0.5, 9);
  for (const score of scores) expect(found!.probability(score)).toBeCloseTo(0.5, 6);
});
