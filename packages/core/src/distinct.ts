/** The different values, each where it stands first. */
export function distinct<T>(values: Iterable<T>): T[] {
  return [...new Set(values)];
}
