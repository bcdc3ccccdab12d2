import { fitPlattScaling } from '../learning/calibration.ts';
import { sortedKnown } from '../learning/sorted-known.ts';
import type { SelectionContext, TextRow } from '../selector.ts';
import type { Fold } from './fold.ts';
import { type Chances, chancesInPool } from './good-share.ts';
import { type Heads, headValues } from './heads.ts';
import { type HeadValues, type Penalties, sumOfPenalties } from './joint-score.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { Measures } from './measures.ts';
import type { ReadRows } from './read-rows.ts';

/** Rows of one label as the joint score sees them. */
interface Labelled {
  readonly isGood: boolean;
  readonly rows: readonly (TextRow & { readonly fold: Fold })[];
  readonly measures: Measures;
}

/**
 * What a score means: the probability that a row is good. Learned from rows whose label is known, scored by models that were not given them: trusted rows against
 * harmful ones and spoiled copies of trusted ones, half and half; then fitted to the pool's own share of good rows.
 * @param penaltiesOf the joint score. @param values @param scores of the pool.
 * Probabilities never go against the scores: where the known rows do, all get the same, with a warning.
 * @returns nothing where there are no rows of both labels, they were not read, or (with a warning) no half of them has words to judge the other by.
 */
export async function calibrate(
  context: Pick<SelectionContext, 'reporter' | 'signal'>,
  {
    heads,
    labelled,
    read,
    penaltiesOf,
    values: ofPool,
    scores,
  }: {
    readonly heads: Heads;
    readonly labelled: LabelledRows;
    readonly read: ReadRows;
    readonly penaltiesOf: (values: HeadValues) => Penalties;
    readonly values: HeadValues;
    readonly scores: Float64Array;
  },
): Promise<Chances | undefined> {
  if (read.trusted === undefined || read.harmful === undefined) return undefined;
  const groups: Labelled[] = [
    { isGood: true, rows: labelled.trusted, measures: read.trusted },
    { isGood: false, rows: labelled.harmfulRead, measures: read.harmful },
    { isGood: false, rows: labelled.trustedCopies, measures: read.trustedCopies },
  ].filter(({ rows }) => rows.length > 0);
  const numPoor = groups.filter(({ isGood }) => !isGood).length;
  if (numPoor === 0) return undefined;
  const points: { score: number; isGood: boolean; weight: number }[] = [];
  for (const { isGood, rows, measures } of groups) {
    const values = await headValues(context, heads, rows, measures, { foldOf: (i) => rows[i]!.fold, isHeldOut: true });
    if (values.words?.some(Number.isNaN)) {
      context.reporter.warn(
        'no probabilities: the trusted answers are too few, or too much alike, to judge known rows by words that were learned from other ones',
      );
      return undefined;
    }
    const total = labelled.trusted.length / (isGood ? 1 : numPoor);
    for (const score of sumOfPenalties(penaltiesOf(withoutGaps(values, ofPool))))
      points.push({ score, isGood, weight: total / rows.length });
  }
  const calibration = fitPlattScaling(
    Float64Array.from(points, ({ score }) => score),
    points.map(({ isGood }) => isGood),
    { rowWeights: Float64Array.from(points, ({ weight }) => weight) },
  );
  if (calibration.slope >= 0) return chancesInPool(scores, calibration);
  context.reporter.warn('trusted rows do not score above harmful and spoiled ones: every row gets the probability of one half');
  return chancesInPool(scores, { ...calibration, slope: 0, offset: 0 });
}

/** The only trusted row has no other to be near to: nothing is known of its nearness, and the pool's middle stands in for it. */
function withoutGaps(values: HeadValues, pool: HeadValues): HeadValues {
  return {
    ...values,
    similarities: values.similarities.map((cosines, k) => {
      if (!cosines.some(Number.isNaN)) return cosines;
      const middle = medianOf(pool.similarities[k]!);
      return cosines.map((cosine) => (Number.isNaN(cosine) ? middle : cosine));
    }),
  };
}

function medianOf(values: Float32Array): number {
  const sorted = sortedKnown(values);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
