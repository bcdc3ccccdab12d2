import type { Histogram } from './histogram.ts';
import { type BinnedFeature, numBins } from './quantile-bins.ts';

/** Less curvature than this in a child and its Newton step means nothing. */
export const MIN_HESSIAN = 1e-3;

export interface SplitOptions {
  readonly minRowsPerLeaf: number;
  readonly l2: number;
}

/** Sums over the rows of a node, and the step it would take as a leaf, before the learning rate. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
  readonly value: number;
}

export interface Split {
  readonly feature: number;
  /** Rows go left up to this bin. */
  readonly bin: number;
  readonly isMissingLeft: boolean;
  /** What the loss falls by, to second order, times 2. */
  readonly gain: number;
  readonly left: NodeSums;
  readonly right: NodeSums;
}

/**
 * The split of a node that lowers the loss most: G^2 / (H + l2) of both children less that of the node (Chen & Guestrin, "XGBoost", KDD 2016,
 * equation 7, and algorithm 3 for missing values: both sides are tried for them). Of equal gains the first feature, missing values to
 * the right, and the first bin found win.
 * @returns undefined if no split with enough rows and curvature on either side gains anything.
 */
export function bestSplit(
  features: readonly BinnedFeature[],
  offsets: Int32Array,
  histogram: Histogram,
  node: NodeSums,
  options: SplitOptions,
): Split | undefined {
  let best: Candidate | undefined;
  features.forEach((feature, index) => {
    // Where the node misses no value, both sides give the same splits.
    const missesHere = histogram.counts[offsets[index]! + numBins(feature)]! > 0;
    for (const isMissingLeft of missesHere ? [false, true] : [false]) {
      const found = scan(histogram, offsets[index]!, numScanned(feature, isMissingLeft), isMissingLeft, node, options);
      if (found !== undefined && found.gain > (best?.gain ?? 0)) best = { ...found, feature: index };
    }
  });
  if (best === undefined) return undefined;
  const { feature, bin, isMissingLeft, gain, gradient, hessian, count } = best;
  const left = nodeSums(gradient, hessian, count, options.l2);
  const right = nodeSums(node.gradient - gradient, node.hessian - hessian, node.count - count, options.l2);
  // A feature that missed no value in training sends one that is missing later where most rows went.
  return { feature, bin, gain, left, right, isMissingLeft: features[feature]!.hasMissing ? isMissingLeft : left.count > right.count };
}

interface Scanned {
  readonly bin: number;
  readonly isMissingLeft: boolean;
  readonly gain: number;
  /** Sums of the left child. */
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

interface Candidate extends Scanned {
  readonly feature: number;
}

/** Bins that are moved one by one to the near side. The far side keeps a bin: the last, the missing values' or, from the right, the first. */
function numScanned(feature: BinnedFeature, isMissingLeft: boolean): number {
  return numBins(feature) - (feature.hasMissing && !isMissingLeft ? 0 : 1);
}

/** The best split of one feature, bins moving to the left child from the first on or, for missing values to stay left, to the right from the last. */
function scan(
  { gradients, hessians, counts }: Histogram,
  offset: number,
  numSteps: number,
  isMissingLeft: boolean,
  node: NodeSums,
  { minRowsPerLeaf, l2 }: SplitOptions,
): Scanned | undefined {
  let best: Scanned | undefined;
  let bestGain = 0;
  const nodeLoss = node.gradient * node.value;
  let [nearGradient, nearHessian, nearCount] = [0, 0, 0];
  for (let step = 0; step < numSteps; step++) {
    const moved = isMissingLeft ? numSteps - step : step;
    nearGradient += gradients[offset + moved]!;
    nearHessian += hessians[offset + moved]!;
    nearCount += counts[offset + moved]!;
    if (nearCount < minRowsPerLeaf || nearHessian < MIN_HESSIAN) continue;
    const farGradient = node.gradient - nearGradient;
    const farHessian = node.hessian - nearHessian;
    const farCount = node.count - nearCount;
    if (farCount < minRowsPerLeaf || farHessian < MIN_HESSIAN) break;
    const nearLoss = nearGradient * newtonStep(nearGradient, nearHessian, l2);
    const farLoss = farGradient * newtonStep(farGradient, farHessian, l2);
    // Left before right, as scikit-learn subtracts them: it decides between splits that are mirror images.
    const gain = isMissingLeft ? nodeLoss - farLoss - nearLoss : nodeLoss - nearLoss - farLoss;
    if (gain <= bestGain) continue;
    bestGain = gain;
    best = isMissingLeft
      ? { bin: moved - 1, isMissingLeft, gain, gradient: farGradient, hessian: farHessian, count: farCount }
      : { bin: moved, isMissingLeft, gain, gradient: nearGradient, hessian: nearHessian, count: nearCount };
  }
  return best;
}

export function nodeSums(gradient: number, hessian: number, count: number, l2: number): NodeSums {
  return { gradient, hessian, count, value: newtonStep(gradient, hessian, l2) };
}

/** -G / (H + l2), the minimum of the loss's second-order expansion; the last term keeps an empty node's at 0. */
function newtonStep(gradient: number, hessian: number, l2: number): number {
  return -gradient / (hessian + l2 + 1e-15);
}
