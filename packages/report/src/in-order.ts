/** Results of one call after the other, in the order of the values. */
export async function inOrder<T, U>(values: readonly T[], of: (value: T, index: number) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const [i, value] of values.entries()) results.push(await of(value, i));
  return results;
}
