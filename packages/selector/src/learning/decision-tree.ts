/** A binary tree of comparisons; node 0 is the root, and every array has one element a node. */
export interface DecisionTree {
  /** Column that is compared; -1 in a leaf. */
  readonly features: Int32Array;
  /** A value up to this goes left. */
  readonly thresholds: Float64Array;
  /** 1 where a missing value (NaN) goes left. */
  readonly missingLeft: Uint8Array;
  readonly lefts: Int32Array;
  readonly rights: Int32Array;
  /** What a leaf adds to a decision; in an inner node, what it would add were it a leaf. */
  readonly values: Float64Array;
}

/** The node below `node` that a row goes to, or -1 from a leaf. */
export function nextNode({ features, thresholds, missingLeft, lefts, rights }: DecisionTree, node: number, row: Float64Array): number {
  const feature = features[node]!;
  if (feature < 0) return -1;
  const value = row[feature]!;
  // Only NaN differs from itself.
  return value <= thresholds[node]! || (value !== value && missingLeft[node] === 1) ? lefts[node]! : rights[node]!;
}

/** The value of the leaf that a row falls into. */
export function leafValue(tree: DecisionTree, row: Float64Array): number {
  let leaf = 0;
  for (let node = 0; node >= 0; node = nextNode(tree, node, row)) leaf = node;
  return tree.values[leaf]!;
}
