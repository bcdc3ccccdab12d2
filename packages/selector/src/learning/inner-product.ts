/**
 * The inner product of two vectors; of a longer first one, the part that begins at `start`. Four sums, added at the end: one alone waits for each addition, and
 * takes twice as long.
 */
export function innerProduct(a: Float64Array, b: Float64Array, start = 0): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < b.length; k += 4) {
    first += a[start + k]! * b[k]!;
    second += a[start + k + 1]! * b[k + 1]!;
    third += a[start + k + 2]! * b[k + 2]!;
    fourth += a[start + k + 3]! * b[k + 3]!;
  }
  for (; k < b.length; k++) first += a[start + k]! * b[k]!;
  return first + second + third + fourth;
}
