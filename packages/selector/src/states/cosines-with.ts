import { innerProduct } from '../learning/inner-product.ts';

/** Cosines of a vector f32 [D] with each of M vectors f32 [M, D]: f64 [M], 0 where one of the two is 0. */
export function cosinesWith(vectors: Float32Array, size: number): (vector: Float32Array) => Float64Array {
  const units = Float64Array.from(vectors);
  for (let start = 0; start < units.length; start += size) normalise(units.subarray(start, start + size));
  return (vector) => {
    const unit = normalise(Float64Array.from(vector));
    const cosines = new Float64Array(units.length / size);
    for (let m = 0; m < cosines.length; m++) cosines[m] = innerProduct(units, unit, m * size);
    return cosines;
  };
}

/** Divides a vector by its length, in place. */
export function normalise(vector: Float64Array): Float64Array {
  let square = 0;
  for (const value of vector) square += value * value;
  if (square > 0) for (let d = 0; d < vector.length; d++) vector[d]! /= Math.sqrt(square);
  return vector;
}
