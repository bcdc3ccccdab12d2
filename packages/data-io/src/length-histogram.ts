/** Order statistics of a length, exact; a quantile is the smallest length that at least that share of the values does not exceed. */
export interface LengthSummary {
  min: number;
  median: number;
  p90: number;
  max: number;
}

/** Counts by length: memory grows with the number of different lengths, not of values. */
export class LengthHistogram {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
    this.#total++;
  }

  /** Undefined if nothing was added. */
  summary(): LengthSummary | undefined {
    if (this.#total === 0) return undefined;
    const sorted = [...this.#counts].toSorted(([a], [b]) => a - b);
    const quantile = (share: number): number => {
      let below = 0;
      for (const [length, count] of sorted) {
        below += count;
        if (below >= share * this.#total) return length;
      }
      return sorted.at(-1)![0];
    };
    return { min: sorted[0]![0], median: quantile(0.5), p90: quantile(0.9), max: sorted.at(-1)![0] };
  }
}
