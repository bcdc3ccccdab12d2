/** A pair of neighbouring tokens and how often it occurs. */
export interface PairCount {
  left: number;
  right: number;
  count: number;
}

/**
 * Binary heap of pairs: the most frequent first, ties to the smaller left id, then to the smaller right id, so that training is
 * deterministic. Entries may be stale: the caller compares the count it pops with the one it keeps.
 */
export class PairHeap {
  readonly #entries: PairCount[] = [];

  push(entry: PairCount): void {
    const entries = this.#entries;
    let i = entries.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(entry, entries[parent]!)) break;
      entries[i] = entries[parent]!;
      i = parent;
    }
    entries[i] = entry;
  }

  /** Removes and returns the first entry; undefined when the heap is empty. */
  pop(): PairCount | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && isBefore(entries[child + 1]!, entries[child]!)) child++;
      if (!isBefore(entries[child]!, last)) break;
      entries[i] = entries[child]!;
      i = child;
    }
    entries[i] = last;
    return first;
  }
}

function isBefore(a: PairCount, b: PairCount): boolean {
  if (a.count !== b.count) return a.count > b.count;
  return a.left !== b.left ? a.left < b.left : a.right < b.right;
}
