// Four sums at once: the additions of one would wait for each other, which is most of the time at these lengths.

/** <x, y> of the vectors of `size` components at `i` and `j` of f32 [M, size], in f64. */
export function dotProduct(data: Float32Array, size: number, i: number, j: number): number {
  const [x, y] = [i * size, j * size];
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  let d = 0;
  for (; d + 3 < size; d += 4) {
    a += data[x + d]! * data[y + d]!;
    b += data[x + d + 1]! * data[y + d + 1]!;
    c += data[x + d + 2]! * data[y + d + 2]!;
    e += data[x + d + 3]! * data[y + d + 3]!;
  }
  for (; d < size; d++) a += data[x + d]! * data[y + d]!;
  return a + b + c + e;
}

/**
 * |x - y|^2 of the vector at `i` of f32 [M, size] and a point f64 [size]; Infinity as soon as it is known to reach `limit`. By differences: the
 * expanded square would lose half of the digits between neighbours.
 */
export function squaredDistance(data: Float32Array, i: number, point: Float64Array, limit = Infinity): number {
  const size = point.length;
  const x = i * size;
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  let d = 0;
  for (; d + 3 < size; d += 4) {
    const p = data[x + d]! - point[d]!;
    const q = data[x + d + 1]! - point[d + 1]!;
    const r = data[x + d + 2]! - point[d + 2]!;
    const s = data[x + d + 3]! - point[d + 3]!;
    a += p * p;
    b += q * q;
    c += r * r;
    e += s * s;
    if ((d & 31) === 28 && a + b + c + e >= limit) return Infinity;
  }
  for (; d < size; d++) a += (data[x + d]! - point[d]!) ** 2;
  return a + b + c + e;
}
