/**
 * z-scores over the finite values: (x - mean) / standard deviation (population form). Without spread every value is 0; what is not finite stays NaN.
 */
export function standardise(values: Float64Array): Float64Array {
  return standardised(values, values);
}

/** The values as z-scores on the scale of `reference`: with its mean and its standard deviation. */
export function standardised(values: Float64Array, reference: Float64Array): Float64Array {
  const finite = reference.filter((value) => Number.isFinite(value));
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const deviation = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length);
  // Below this the spread is rounding of equal values, and dividing by it would invent a ranking.
  const isFlat = !(deviation > 1e-9 * Math.max(1, Math.abs(mean)));
  return values.map((value) => (Number.isFinite(value) ? (isFlat ? 0 : (value - mean) / deviation) : NaN));
}
