/** Seconds that phases of a run took together. */
export function secondsOf(phases: Readonly<Record<string, number>>, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (phases[name] ?? 0), 0);
}
