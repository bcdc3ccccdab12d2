import { NumericError, ShapeError } from '@pharmacist/core';
import { sigmoid, softplus } from './log-loss.ts';
import { checkedRowWeights } from './row-weights.ts';

const WHERE = 'selector/calibration';
const MAX_NEWTON_STEPS = 100;
const MAX_HALVINGS = 40;
/** The fit ends when the mean error, and that times the standardised score, are this small. */
const TOLERANCE = 1e-13;
/** Below these shares of their size, the spread of scores and a difference of two losses are rounding. */
const SPREAD_ROUNDING = 1e-12;
const LOSS_ROUNDING = 1e-14;

export interface PlattScaling {
  /** Above 0 where higher scores go with the positive class. */
  readonly slope: number;
  readonly offset: number;
  /** 1 / (1 + exp(-(slope * score + offset))). */
  probability(score: number): number;
}

/** A standardised score and the probability it should have. */
interface Point {
  readonly score: number;
  readonly target: number;
  readonly weight: number;
}

/**
 * Platt scaling: logistic regression of labels on scores, without a penalty, towards the targets (n+ + 1) / (n+ + 2) and 1 / (n- + 2) in place of
 * 1 and 0, n+ and n- the weight of either class (Platt 1999), by Newton's method with step halving (Lin, Lin and Weng, "A note on
 * Platt's probabilistic outputs for support vector machines", 2007).
 * @param scores [N] finite log-odds, of rows that the scored model was not trained on. @param labels [N] true for the positive class.
 * @returns equal scores get the slope 0 and the mean of the targets.
 * @throws {NumericError} if a class has no row of positive weight or a score is not finite.
 */
export function fitPlattScaling(
  scores: Float64Array,
  labels: readonly boolean[],
  { rowWeights }: { readonly rowWeights?: Float64Array | undefined } = {},
): PlattScaling {
  if (scores.length !== labels.length) throw new ShapeError(`${scores.length} scores, ${labels.length} labels`, { where: WHERE });
  const weights = checkedRowWeights(labels, rowWeights, WHERE);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong !== -1) throw new NumericError(`row ${wrong} has the score ${scores[wrong]!}`, { where: WHERE });
  const positive = labels.reduce((sum, label, i) => (label ? sum + weights[i]! : sum), 0);
  const negative = labels.reduce((sum, label, i) => (label ? sum : sum + weights[i]!), 0);
  const targets = labels.map((label) => (label ? (positive + 1) / (positive + 2) : 1 / (negative + 2)));

  const mean = weightedMean(scores, weights);
  const spread = Math.sqrt(
    weightedMean(
      scores.map((score) => (score - mean) ** 2),
      weights,
    ),
  );
  const isFlat = !(spread > SPREAD_ROUNDING * Math.abs(mean));
  const points = labels.map((_, i) => ({
    score: isFlat ? 0 : (scores[i]! - mean) / spread,
    target: targets[i]!,
    weight: weights[i]! / (positive + negative),
  }));
  const [standardSlope, standardOffset] = minimise(points, Math.log((positive + 1) / (negative + 1)));
  const slope = isFlat ? 0 : standardSlope / spread;
  const offset = standardOffset - slope * mean;
  return { slope, offset, probability: (score) => sigmoid(slope * score + offset) };
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, i) => sum + weights[i]! * value, 0) / total;
}

function minimise(points: readonly Point[], startOffset: number): [slope: number, offset: number] {
  let [slope, offset] = [0, startOffset];
  let loss = meanLoss(points, slope, offset);
  for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
    const { gradient, direction } = newtonStep(points, slope, offset);
    if (Math.hypot(...gradient) <= TOLERANCE) break;
    let size = 1;
    let next = meanLoss(points, slope + direction[0], offset + direction[1]);
    const limit = loss * (1 + LOSS_ROUNDING);
    for (let halving = 0; next > limit && halving < MAX_HALVINGS; halving++) {
      size /= 2;
      next = meanLoss(points, slope + size * direction[0], offset + size * direction[1]);
    }
    // No step is small enough to help: what is left is rounding.
    if (next > limit) break;
    [slope, offset, loss] = [slope + size * direction[0], offset + size * direction[1], next];
  }
  return [slope, offset];
}

function newtonStep(points: readonly Point[], slope: number, offset: number) {
  let [gradientSlope, gradientOffset] = [0, 0];
  // A little curvature of its own, so that equal scores leave the slope where it is.
  let [slopeSlope, slopeOffset, offsetOffset] = [1e-12, 0, 1e-12];
  for (const { score, target, weight } of points) {
    const probability = sigmoid(slope * score + offset);
    const error = weight * (probability - target);
    const curvature = weight * probability * (1 - probability);
    gradientSlope += error * score;
    gradientOffset += error;
    slopeSlope += curvature * score * score;
    slopeOffset += curvature * score;
    offsetOffset += curvature;
  }
  const determinant = slopeSlope * offsetOffset - slopeOffset * slopeOffset;
  const direction = [
    (slopeOffset * gradientOffset - offsetOffset * gradientSlope) / determinant,
    (slopeOffset * gradientSlope - slopeSlope * gradientOffset) / determinant,
  ] as const;
  return { gradient: [gradientSlope, gradientOffset] as const, direction };
}

/** Cross-entropy with the targets, nats a row. */
function meanLoss(points: readonly Point[], slope: number, offset: number): number {
  return points.reduce((total, { score, target, weight }) => {
    const logOdds = slope * score + offset;
    return total + weight * (softplus(logOdds) - target * logOdds);
  }, 0);
}
