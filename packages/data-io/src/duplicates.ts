import { TypedList } from '@pharmacist/core';
import type { AlignmentRow } from './row.ts';
import { derivedId } from './row-ids.ts';
import { HashNumbers } from './store/hash-numbers.ts';

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

/** Finds rows of one content while they are read, by its derived id. Memory: 4 bytes a row, and 20 to 28 bytes a content until the rows are read. */
export class DuplicateTally {
  readonly #contentOf = new TypedList((length) => new Int32Array(length));
  readonly #contents = new HashNumbers();
  /** How many rows have a content. */
  readonly #counts = new TypedList((length) => new Int32Array(length));

  /** @param content derived id of the row's texts. */
  add(content: string): void {
    const number = this.#contents.numberOf(content);
    this.#contentOf.push(number);
    if (number === this.#counts.length) this.#counts.push(1);
    else this.#counts.set(number, this.#counts.at(number) + 1);
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
    return this.#contents.hashOf(this.numberOf(place));
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
