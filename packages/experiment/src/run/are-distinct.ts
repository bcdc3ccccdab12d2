/** Whether no entry stands twice. */
export function areDistinct(entries: readonly (string | number)[]): boolean {
  return new Set(entries).size === entries.length;
}
