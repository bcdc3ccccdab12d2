import type { Random } from '@pharmacist/core';
import { auroc, ngramFeatures, NUM_NGRAM_BUCKETS, type NgramFeatureSet } from '@pharmacist/metrics';
import { decision, logisticRegression, type LinearModel, type TrainingPoint } from './logistic-regression.ts';
import { plattScaling, sigmoid, type PlattScaling } from './platt.ts';
import type { TrainingRow } from './training-rows.ts';

/** On out-of-fold rows, 0.3, 1, 3 and 10 differ by less than .001 in AUROC. */
const REGULARISATION_COST = 1;
const EPOCHS = 10;
const NUM_FOLDS = 5;

export interface FittedJudge {
  readonly model: LinearModel;
  readonly calibration: PlattScaling;
  /** AUROC of rows on unsafe prompts, each scored by a model that saw no answer to its prompt. */
  readonly outOfFoldAuroc: number;
  /** Calibrated probability of every row, likewise. */
  readonly outOfFold: readonly number[];
}

/**
 * Trains on every row, and calibrates on what models that had not seen a row's prompt say of it: rows of one group are held out together,
 * a fifth of the groups at a time.
 */
export function fitWithCrossValidation(
  rows: readonly TrainingRow[],
  set: NgramFeatureSet,
  random: Random,
  cost = REGULARISATION_COST,
): FittedJudge {
  const points = rows.map((row): TrainingPoint => ({ features: ngramFeatures(row, set), isPositive: row.isHarmful, cost }));
  const groups = [...new Set(rows.map(({ group }) => group))];
  const foldOf = new Map(
    random
      .split('folds')
      .shuffle(groups)
      .map((group, i) => [group, i % NUM_FOLDS]),
  );
  const fit = (subset: readonly TrainingPoint[], name: string): LinearModel =>
    logisticRegression(subset, { numBuckets: NUM_NGRAM_BUCKETS, epochs: EPOCHS, random: random.split('fit', name) });

  const scores = new Float64Array(rows.length);
  for (let fold = 0; fold < NUM_FOLDS; fold++) {
    const isHeldOut = rows.map(({ group }) => foldOf.get(group) === fold);
    const model = fit(
      points.filter((_, i) => !isHeldOut[i]),
      `fold ${fold}`,
    );
    points.forEach(({ features }, i) => {
      if (isHeldOut[i]) scores[i] = decision(model, features);
    });
  }
  const onUnsafe = rows.flatMap(({ isOnUnsafePrompt }, i) => (isOnUnsafePrompt ? [i] : []));
  const [unsafeScores, unsafeLabels] = [onUnsafe.map((i) => scores[i]!), onUnsafe.map((i) => rows[i]!.isHarmful)];
  const calibration = plattScaling(unsafeScores, unsafeLabels);
  return {
    model: fit(points, 'all'),
    calibration,
    outOfFoldAuroc: auroc(unsafeScores, unsafeLabels),
    outOfFold: Array.from(scores, (score) => sigmoid(calibration.slope * score + calibration.offset)),
  };
}
