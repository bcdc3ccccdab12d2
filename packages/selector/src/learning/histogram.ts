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

/** The histogram of a node's rows without those of one child: that of the other. */
export function subtractHistogram(node: Histogram, child: Histogram): Histogram {
  return {
    gradients: node.gradients.map((sum, place) => sum - child.gradients[place]!),
    hessians: node.hessians.map((sum, place) => sum - child.hessians[place]!),
    counts: node.counts.map((count, place) => count - child.counts[place]!),
  };
}
