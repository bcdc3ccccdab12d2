// Own code: npm has no kept gradient boosting that would do. xgboost, xgboost_node and lightgbm compile C++ at install; ml-xgboost (WebAssembly,
// last release 2018) takes no row weights; decision-tree's boosting neither, and it parts a feature by each of its values, as categories;
// scikitjs, ml-cart and ml-random-forest have none.
import { NumericError, ShapeError } from '@pharmacist/core';
import { type DecisionTree, leafValue, nextNode } from './decision-tree.ts';
import { growTree } from './grow-tree.ts';
import type { Derivatives } from './histogram.ts';
import { sigmoid } from './log-loss.ts';
import { pause } from './pause.ts';
import { binFeature, MOST_BINS } from './quantile-bins.ts';
import { checkedRowWeights } from './row-weights.ts';

const WHERE = 'selector/boosted-trees';

/**
 * Values are multiples of 2^-40: their sums are then exact up to 2^12, whatever the order, and the parts of a decision add up to it to the
 * last bit. It moves a decision by less than 1e-10.
 */
const VALUE_STEP = 2 ** -40;

export interface BoostedTreesOptions {
  readonly numTrees?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Most leaves of a tree, 2 or more. */
  readonly maxLeaves?: number | undefined;
  /** Fewest rows of a leaf, counted without weights, 1 or more. */
  readonly minRowsPerLeaf?: number | undefined;
  /** Added to the curvature of each leaf. */
  readonly l2?: number | undefined;
  /** Most bins of a feature, 2 to 255. */
  readonly maxBins?: number | undefined;
  /** [N]; 1 each if left out. */
  readonly rowWeights?: Float64Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BoostedTrees {
  /** Log-odds of the positive class before any tree: those of the training rows, by weight. */
  readonly baseline: number;
  /** Fewer than asked for if the last ones would have added nothing. */
  readonly trees: readonly DecisionTree[];
  /** Log-odds of the positive class. @param row [features], NaN where a value is missing. */
  decision(row: Float64Array): number;
  /**
   * What each feature moved a row's decision by: the changes of the nodes' values along the row's path, each for the feature that was compared
   * (Saabas 2014). Their sum and the baseline are the decision, exactly, for decisions within ±4096. @returns [features].
   */
  contributions(row: Float64Array): Float64Array;
}

/**
 * Gradient boosting for two classes: trees grown one after the other towards the Newton step of the log-loss (Friedman, "Greedy function
 * approximation: a gradient boosting machine", 2001), on features cut into quantile bins (Ke and others, "LightGBM", NIPS 2017), with
 * missing values on the side that suits them. Grows the trees of scikit-learn's HistGradientBoostingClassifier without early stopping, but
 * for splits that rounding alone decides. It draws nothing, and does not see the order of the rows, nor a monotone change of a feature but by
 * where between its values a threshold lies. A feature that is constant or always missing is never used.
 * @param features [N] rows of equal length, NaN where a value is missing. @param labels [N] true for the positive class.
 * @throws {NumericError} if a class has no row of positive weight or a value is infinite; {InterruptedError} between two trees.
 */
export async function fitBoostedTrees(
  features: readonly Float64Array[],
  labels: readonly boolean[],
  {
    numTrees = 120,
    learningRate = 0.06,
    maxLeaves = 8,
    minRowsPerLeaf = 15,
    l2 = 5,
    maxBins = MOST_BINS,
    rowWeights,
    signal,
  }: BoostedTreesOptions = {},
): Promise<BoostedTrees> {
  if (features.length !== labels.length) throw new ShapeError(`${features.length} rows, ${labels.length} labels`, { where: WHERE });
  const weights = checkedRowWeights(labels, rowWeights, WHERE);
  const binned = columnsOf(features).map((column) => binFeature(column, weights, maxBins));
  const toValue = (step: number): number => rounded(learningRate * step);
  const baseline = rounded(logOdds(labels, weights));
  const decisions = new Float64Array(labels.length).fill(baseline);
  const trees: DecisionTree[] = [];
  while (trees.length < numTrees) {
    await pause(signal);
    const { tree, leaves } = growTree(binned, derive(decisions, labels, weights), { maxLeaves, minRowsPerLeaf, l2 }, toValue);
    // Without a split nothing changes, and every further tree would be the same.
    if (leaves.length === 1) break;
    trees.push(tree);
    for (const { rows, value } of leaves) for (const row of rows) decisions[row]! += value;
  }
  return {
    baseline,
    trees,
    decision: (row) => {
      let total = baseline;
      for (const tree of trees) total += leafValue(tree, row);
      return total;
    },
    contributions: (row) => contributionsOf(trees, row),
  };
}

function rounded(value: number): number {
  return Math.round(value / VALUE_STEP) * VALUE_STEP;
}

/** The features [features][N]. */
function columnsOf(rows: readonly Float64Array[]): Float64Array[] {
  const size = rows[0]!.length;
  rows.forEach((row, i) => {
    if (row.length !== size) throw new ShapeError(`row ${i} has ${row.length} features, row 0 has ${size}`, { where: WHERE });
    const feature = row.findIndex((value) => Math.abs(value) === Infinity);
    if (feature !== -1) throw new NumericError(`row ${i} has ${row[feature]!} as feature ${feature}`, { where: WHERE });
  });
  return Array.from({ length: size }, (_, j) => Float64Array.from(rows, (row) => row[j]!));
}

function logOdds(labels: readonly boolean[], weights: Float64Array): number {
  let [positive, negative] = [0, 0];
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]) positive += weights[i]!;
    else negative += weights[i]!;
  }
  return Math.log(positive / negative);
}

/** Of each row's weighted log-loss, by its decision. */
function derive(decisions: Float64Array, labels: readonly boolean[], weights: Float64Array): Derivatives {
  const gradients = new Float32Array(labels.length);
  const hessians = new Float32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const [positive, negative] = [sigmoid(decisions[i]!), sigmoid(-decisions[i]!)];
    gradients[i] = weights[i]! * (labels[i] ? -negative : positive);
    hessians[i] = weights[i]! * positive * negative;
  }
  return { gradients, hessians };
}

function contributionsOf(trees: readonly DecisionTree[], row: Float64Array): Float64Array {
  const contributions = new Float64Array(row.length);
  for (const tree of trees) {
    for (let node = 0, next = nextNode(tree, 0, row); next >= 0; node = next, next = nextNode(tree, node, row)) {
      contributions[tree.features[node]!]! += tree.values[next]! - tree.values[node]!;
    }
  }
  return contributions;
}
