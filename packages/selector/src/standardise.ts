/** Above the rounding of f32: a cosine is off by a share of 1, however small it is, and so is the difference of two. */
const ROUNDING = 1e-6;

/** z-scores over the finite values: (x - mean) / standard deviation (population form). Without spread every value is 0; what is not finite stays NaN. */
export function standardise(values: Float64Array): Float64Array {
  return standardised(values, values);
}

/**
 * The values as z-scores on the scale of `reference`: with its mean and its standard deviation.
 * @param reference cosines of an f32 program, sums and differences of them, or other numbers that are no smaller.
 */
export function standardised(values: Float64Array, reference: Float64Array): Float64Array {
  const finite = reference.filter((value) => Number.isFinite(value));
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const deviation = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length);
  const size = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  // Dividing by what is rounding alone would invent a ranking.
  const isFlat = !(deviation > ROUNDING * size);
  return values.map((value) => (Number.isFinite(value) ? (isFlat ? 0 : (value - mean) / deviation) : NaN));
}
