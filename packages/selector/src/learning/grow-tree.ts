import { bestSplit, MIN_HESSIAN, type NodeSums, nodeSums, type Split, type SplitOptions } from './best-split.ts';
import type { DecisionTree } from './decision-tree.ts';
import { binOffsets, buildHistogram, type Derivatives, type Histogram, subtractHistogram } from './histogram.ts';
import { type BinnedFeature, numBins } from './quantile-bins.ts';

export interface GrowthOptions extends SplitOptions {
  readonly maxLeaves: number;
}

interface Node {
  readonly rows: Int32Array;
  readonly sums: NodeSums;
  /** What it will be split by, and its histogram; neither in a node that stays a leaf. */
  readonly pending: { readonly split: Split; readonly histogram: Histogram } | undefined;
  children: { readonly split: Split; readonly left: Node; readonly right: Node } | undefined;
}

export interface GrownTree {
  readonly tree: DecisionTree;
  /** The rows that fell into each leaf, and the leaf's value. */
  readonly leaves: readonly { readonly rows: Int32Array; readonly value: number }[];
}

/**
 * One tree towards the Newton step of every row, best first: the leaf whose split gains most is split next, until there are `maxLeaves`
 * (Friedman 2001; leaf-wise with histograms as in Ke and others, "LightGBM", NIPS 2017). The larger child's histogram is the
 * node's less the smaller child's. The root counts as a step of 0.
 * @param toValue the value of a node for its Newton step: learning rate and rounding.
 */
export function growTree(
  features: readonly BinnedFeature[],
  derivatives: Derivatives,
  { maxLeaves, ...options }: GrowthOptions,
  toValue: (step: number) => number,
): GrownTree {
  const offsets = binOffsets(features);
  const search = (rows: Int32Array, sums: NodeSums, histogram: Histogram): Node => {
    const isSplittable = rows.length >= 2 * options.minRowsPerLeaf;
    const split = isSplittable ? bestSplit(features, offsets, histogram, sums, options) : undefined;
    return { rows, sums, pending: split && { split, histogram }, children: undefined };
  };
  const root = growRoot();
  const leaves = [root];
  while (leaves.length < maxLeaves) {
    const node = mostGainful(leaves);
    if (node?.pending === undefined) break;
    const { split, histogram } = node.pending;
    const [leftRows, rightRows] = partition(node.rows, features[split.feature]!, split);
    if (leaves.length + 1 === maxLeaves) {
      node.children = { split, left: leaf(leftRows, split.left), right: leaf(rightRows, split.right) };
    } else {
      const isLeftSmaller = leftRows.length < rightRows.length;
      const smaller = buildHistogram(features, offsets, isLeftSmaller ? leftRows : rightRows, derivatives);
      const larger = subtractHistogram(histogram, smaller);
      node.children = {
        split,
        left: search(leftRows, split.left, isLeftSmaller ? smaller : larger),
        right: search(rightRows, split.right, isLeftSmaller ? larger : smaller),
      };
    }
    leaves.splice(leaves.indexOf(node), 1);
    leaves.push(node.children.left, node.children.right);
  }
  return { tree: flatten(root, features, toValue), leaves: leaves.map(({ rows, sums }) => ({ rows, value: toValue(sums.value) })) };

  function growRoot(): Node {
    const rows = Int32Array.from(derivatives.gradients.keys());
    const [gradient, hessian] = [total(derivatives.gradients), total(derivatives.hessians)];
    const sums = { ...nodeSums(gradient, hessian, rows.length, options.l2), value: 0 };
    return hessian < MIN_HESSIAN ? leaf(rows, sums) : search(rows, sums, buildHistogram(features, offsets, rows, derivatives));
  }
}

function leaf(rows: Int32Array, sums: NodeSums): Node {
  return { rows, sums, pending: undefined, children: undefined };
}

function total(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Of equal gains, the leaf that came first. */
function mostGainful(leaves: readonly Node[]): Node | undefined {
  let best: Node | undefined;
  for (const node of leaves) if ((node.pending?.split.gain ?? 0) > (best?.pending?.split.gain ?? 0)) best = node;
  return best;
}

/** The rows of either child, in the order they had. */
function partition(rows: Int32Array, feature: BinnedFeature, { bin, isMissingLeft }: Split): [left: Int32Array, right: Int32Array] {
  const missingBin = numBins(feature);
  const goesLeft = (row: number): boolean => {
    const rowBin = feature.bins[row]!;
    return rowBin <= bin || (isMissingLeft && rowBin === missingBin);
  };
  return [rows.filter(goesLeft), rows.filter((row) => !goesLeft(row))];
}

/** The nodes in one list, a node before those below it and the left ones before the right ones. */
function flatten(root: Node, features: readonly BinnedFeature[], toValue: (step: number) => number): DecisionTree {
  const nodes: Node[] = [];
  const collect = (node: Node): void => {
    nodes.push(node);
    if (node.children === undefined) return;
    collect(node.children.left);
    collect(node.children.right);
  };
  collect(root);
  const places = new Map(nodes.map((node, place) => [node, place]));
  const child = (side: 'left' | 'right') =>
    Int32Array.from(nodes, ({ children }) => (children === undefined ? -1 : places.get(children[side])!));
  return {
    features: Int32Array.from(nodes, ({ children }) => children?.split.feature ?? -1),
    // A split after the last bin parts the missing values from all others, infinity too.
    thresholds: Float64Array.from(nodes, ({ children }) =>
      children === undefined ? NaN : (features[children.split.feature]!.thresholds[children.split.bin] ?? Infinity),
    ),
    missingLeft: Uint8Array.from(nodes, ({ children }) => (children?.split.isMissingLeft === true ? 1 : 0)),
    lefts: child('left'),
    rights: child('right'),
    values: Float64Array.from(nodes, ({ sums }) => toValue(sums.value)),
  };
}
