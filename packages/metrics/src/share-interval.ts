import { ShapeError } from '@pharmacist/core';

/** A share of items in percent, and its 95 % interval in percent. */
export interface PercentWithInterval {
  readonly value: number;
  readonly interval: { readonly low: number; readonly high: number };
}

/** Of the standard normal distribution, .975. */
const NORMAL_QUANTILE = 1.959963984540054;

/**
 * Percent of independent items with Wilson's score interval, E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
 * J. Am. Stat. Assoc. 22 (1927), 209-212: all shares p that lie within z sqrt(p (1 - p) / n) of the one found. A bootstrap over items that are all alike
 * draws the same ones again and again and gives an interval without width; here none of 15 leaves up to 20.4 %.
 * @param numHits out of `numItems`; a tie may count one half.
 * @throws {ShapeError} if there is no item, or if there are more hits than items.
 */
export function percentOf(numHits: number, numItems: number): PercentWithInterval {
  if (!(numItems >= 1 && numHits >= 0 && numHits <= numItems))
    throw new ShapeError(`${numHits} of ${numItems} items is no share`, { where: 'metrics/percentOf' });
  const [share, z2] = [numHits / numItems, NORMAL_QUANTILE ** 2];
  const centre = (numHits + z2 / 2) / (numItems + z2);
  const halfWidth = (NORMAL_QUANTILE * Math.sqrt(numItems * share * (1 - share) + z2 / 4)) / (numItems + z2);
  // The ends are exact in theory, not in floating point.
  const low = numHits === 0 ? 0 : centre - halfWidth;
  const high = numHits === numItems ? 1 : centre + halfWidth;
  return { value: 100 * share, interval: { low: 100 * low, high: 100 * high } };
}
