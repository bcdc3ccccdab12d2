import { InternalError } from '@pharmacist/core';
import { numBelow } from './sorted-places.ts';

/** So many bins of known values and one of missing ones fit a byte. */
export const MOST_BINS = 255;

/** No threshold is above this: the largest numbers share a bin with infinity. */
const ALMOST_INFINITE = 1e300;

/** Rows as the numbers of their bins, feature by feature. */
export interface BinnedFeature {
  /** [bins - 1] ascending: bin b holds the values x with thresholds[b - 1] < x <= thresholds[b]. */
  readonly thresholds: Float64Array;
  /** [N] bin of each row; a missing value (NaN) has the number after the last bin. */
  readonly bins: Uint8Array;
  readonly hasMissing: boolean;
}

export function numBins({ thresholds }: BinnedFeature): number {
  return thresholds.length + 1;
}

/**
 * Cuts a feature into at most `maxBins` bins: between all neighbouring values where they are few, else at quantiles by weight (the averaged
 * inverse of the distribution function: definition 2 of Hyndman & Fan 1996), as scikit-learn's gradient boosting does.
 * @param values [N], NaN where missing. @param weights [N]; rows of weight 0 move no threshold. @param maxBins 2 to 255.
 */
export function binFeature(values: Float64Array, weights: Float64Array, maxBins: number): BinnedFeature {
  if (!Number.isInteger(maxBins) || maxBins < 2 || maxBins > MOST_BINS) {
    throw new InternalError(`${maxBins} bins; expected an integer of 2 to ${MOST_BINS}`, { where: 'selector/quantile-bins' });
  }
  const { distinct, cumulative } = distribution(values, weights);
  const cuts = distinct.length <= maxBins ? midpoints(distinct) : quantiles(distinct, cumulative, maxBins);
  const thresholds = cuts.map((cut) => Math.min(cut, ALMOST_INFINITE)).filter((cut, i, all) => cut !== all[i - 1]);
  const missingBin = thresholds.length + 1;
  const bins = Uint8Array.from(values, (value) => (Number.isNaN(value) ? missingBin : numBelow(thresholds, value)));
  return { thresholds, bins, hasMissing: bins.includes(missingBin) };
}

/** The values that occur, ascending, and the weight of all rows up to each. */
function distribution(values: Float64Array, weights: Float64Array): { distinct: Float64Array; cumulative: Float64Array } {
  const order = [...values.keys()].filter((i) => !Number.isNaN(values[i]!) && weights[i]! > 0).sort((i, j) => values[i]! - values[j]!);
  const distinct: number[] = [];
  const cumulative: number[] = [];
  let total = 0;
  for (const i of order) {
    total += weights[i]!;
    if (values[i] !== distinct.at(-1)) distinct.push(values[i]!);
    cumulative[distinct.length - 1] = total;
  }
  return { distinct: Float64Array.from(distinct), cumulative: Float64Array.from(cumulative) };
}

function midpoints(distinct: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, distinct.length - 1) }, (_, i) => (distinct[i]! + distinct[i + 1]!) / 2);
}

/** The values below which k / maxBins of the weight lies; halfway to the next where a value ends exactly there. */
function quantiles(distinct: Float64Array, cumulative: Float64Array, maxBins: number): Float64Array {
  const last = distinct.length - 1;
  let place = 0;
  return Float64Array.from({ length: maxBins - 1 }, (_, k) => {
    // Through percent, and not simplified: scikit-learn's rounding decides on which side of a value a cut falls.
    const target = (((k + 1) * (100 / maxBins)) / 100) * cumulative[last]!;
    while (place < last && cumulative[place]! < target) place++;
    const endsHere = cumulative[place]! - target <= Number.EPSILON;
    return endsHere ? (distinct[place]! + distinct[Math.min(last, place + 1)]!) / 2 : distinct[place]!;
  });
}
