/** Levenshtein distance in characters; O(|a||b|) time, one row of memory. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The known name nearest to `name`, if it is near enough to be meant (a third of its length, at least 2 edits), else undefined. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `"boster" is unknown. Did you mean "booster"? Known: sft, booster.` */
export function unknownName(name: string, known: readonly string[]): string {
  const near = didYouMean(name, known);
  const question = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `"${name}" is unknown.${question} Known: ${known.join(', ')}.`;
}
