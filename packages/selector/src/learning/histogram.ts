import { type BinnedFeature, numBins } from './quantile-bins.ts';

/** First and second derivatives of the loss by each row's decision, in f32: their f64 sums are then all but free of rounding. */
export interface Derivatives {
  /** [N]. */
  readonly gradients: Float32Array;
  /** [N]. */
  readonly hessians: Float32Array;
}

/** Sums over the rows of a node by feature and bin; the missing values' bin follows a feature's last. */
export interface Histogram {
  /** [bins of all features]. */
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  readonly counts: Int32Array;
}

/** Where each feature's bins begin in a histogram, and at the end its length: [features + 1]. */
export function binOffsets(features: readonly BinnedFeature[]): Int32Array {
  const offsets = new Int32Array(features.length + 1);
  features.forEach((feature, j) => (offsets[j + 1] = offsets[j]! + numBins(feature) + 1));
  return offsets;
}

export function buildHistogram(
  features: readonly BinnedFeature[],
  offsets: Int32Array,
  rows: Int32Array,
  { gradients, hessians }: Derivatives,
): Histogram {
  const size = offsets.at(-1)!;
  const histogram = { gradients: new Float64Array(size), hessians: new Float64Array(size), counts: new Int32Array(size) };
  features.forEach(({ bins }, feature) => {
    const offset = offsets[feature]!;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k]!;
      const place = offset + bins[row]!;
      histogram.gradients[place]! += gradients[row]!;
      histogram.hessians[place]! += hessians[row]!;
      histogram.counts[place]! += 1;
    }
  });
  return histogram;
}

/** Takes a child's sums out of its node's, in place: what is left is the histogram of the other child. */
export function subtractHistogram(node: Histogram, child: Histogram): Histogram {
  for (let place = 0; place < node.counts.length; place++) {
    node.gradients[place]! -= child.gradients[place]!;
    node.hessians[place]! -= child.hessians[place]!;
    node.counts[place]! -= child.counts[place]!;
  }
  return node;
}
