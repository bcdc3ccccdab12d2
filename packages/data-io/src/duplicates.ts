import { TypedList } from '@pharmacist/core';
import type { AlignmentRow } from './row.ts';
import { derivedId } from './row-ids.ts';

/** Rows of one content. */
export interface DuplicateGroup {
  ids: string[];
  lines: number[];
}

/** Which rows say exactly the same (prompt and response, byte for byte). */
export interface DuplicateReport {
  numRows: number;
  /** Rows that would stay if every content were kept once. */
  numDistinct: number;
  /** `numRows - numDistinct`. */
  numDuplicates: number;
  /** Contents that occur more than once, in order of first occurrence; made when they are asked for. */
  readonly groups: DuplicateGroup[];
}

const HALF_DIGITS = 8;

/**
 * Finds rows of one content while they are read. Contents are told apart by the 64 bits of their derived id. Memory: 4 bytes a row, and 20 to 28 bytes a content until
 * the rows are read.
 */
export class DuplicateTally {
  readonly #contentOf = new TypedList((length) => new Int32Array(length));
  /** Of each content: its id's two halves, and how many rows have it. */
  readonly #high = new TypedList((length) => new Uint32Array(length));
  readonly #low = new TypedList((length) => new Uint32Array(length));
  readonly #counts = new TypedList((length) => new Int32Array(length));
  /** Open addressing: numbers of contents plus one, 0 where there is none. */
  #slots = new Int32Array(1024);

  /** @param content derived id of the row's texts. */
  add(content: string): void {
    const [high, low] = [Number.parseInt(content.slice(0, HALF_DIGITS), 16), Number.parseInt(content.slice(HALF_DIGITS), 16)];
    if (2 * (this.#counts.length + 1) > this.#slots.length) this.#grow();
    const slot = this.#slotOf(high, low);
    const known = this.#slots[slot]! - 1;
    if (known >= 0) {
      this.#counts.set(known, this.#counts.at(known) + 1);
      this.#contentOf.push(known);
      return;
    }
    this.#contentOf.push(this.#counts.length);
    this.#high.push(high);
    this.#low.push(low);
    this.#counts.push(1);
    this.#slots[slot] = this.#counts.length;
  }

  get numRows(): number {
    return this.#contentOf.length;
  }

  /** Different contents so far. */
  get numDistinct(): number {
    return this.#counts.length;
  }

  /** Which content the row that was added as number `place` has, counted from 0 in order of first occurrence. */
  numberOf(place: number): number {
    return this.#contentOf.at(place);
  }

  /** The same as it was given. */
  contentOf(place: number): string {
    const number = this.numberOf(place);
    return [this.#high, this.#low].map((half) => half.at(number).toString(16).padStart(HALF_DIGITS, '0')).join('');
  }

  /** @param rowAt the row that was added as number `place`. */
  report(rowAt: (place: number) => Pick<AlignmentRow, 'id' | 'position'>): DuplicateReport {
    // What the contents are told apart by is given back.
    const [contentOf, counts] = [this.#contentOf, this.#counts];
    const [numRows, numDistinct] = [contentOf.length, counts.length];
    return {
      numRows,
      numDistinct,
      numDuplicates: numRows - numDistinct,
      get groups() {
        const groups = new Map<number, DuplicateGroup>();
        if (numRows === numDistinct) return [];
        for (let place = 0; place < numRows; place++) {
          const number = contentOf.at(place);
          if (counts.at(number) > 1) addTo(groups, number, rowAt(place));
        }
        return [...groups.values()];
      },
    };
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    // The id is a hash.
    let slot = low & mask;
    for (;;) {
      const number = this.#slots[slot]! - 1;
      if (number < 0 || (this.#low.at(number) === low && this.#high.at(number) === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#counts.length; number++) {
      let slot = this.#low.at(number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

function addTo(groups: Map<number, DuplicateGroup>, number: number, { id, position }: Pick<AlignmentRow, 'id' | 'position'>): void {
  const group = groups.get(number);
  if (group === undefined) groups.set(number, { ids: [id], lines: [position.line] });
  else {
    group.ids.push(id);
    group.lines.push(position.line);
  }
}

/** Groups rows by exact prompt and response. */
export function exactDuplicates(rows: readonly AlignmentRow[]): DuplicateReport {
  const tally = new DuplicateTally();
  for (const { prompt, response } of rows) tally.add(derivedId(prompt, response));
  return tally.report((place) => rows[place]!);
}
