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
  /** Contents that occur more than once, in order of first occurrence. */
  groups: DuplicateGroup[];
}

/** Finds rows of one content while they are read; of a content that occurs once only its first place is kept. */
export class DuplicateTally {
  readonly #firstByContent = new Map<string, number>();
  readonly #placesByFirst = new Map<number, number[]>();
  #numRows = 0;

  /** @param content derived id of the row's texts. */
  add(content: string): void {
    const place = this.#numRows++;
    const first = this.#firstByContent.get(content);
    if (first === undefined) this.#firstByContent.set(content, place);
    else (this.#placesByFirst.get(first) ?? this.#begin(first)).push(place);
  }

  /** Whether no other row that was added has this content. */
  isOnlyOne(content: string): boolean {
    return !this.#placesByFirst.has(this.#firstByContent.get(content)!);
  }

  /** @param rowAt the row that was added as number `place`. */
  report(rowAt: (place: number) => Pick<AlignmentRow, 'id' | 'position'>): DuplicateReport {
    const numDistinct = this.#firstByContent.size;
    const groups = [...this.#placesByFirst]
      .sort(([a], [b]) => a - b)
      .map(([, places]): DuplicateGroup => {
        const rows = places.map(rowAt);
        return { ids: rows.map(({ id }) => id), lines: rows.map(({ position }) => position.line) };
      });
    return { numRows: this.#numRows, numDistinct, numDuplicates: this.#numRows - numDistinct, groups };
  }

  #begin(first: number): number[] {
    const places = [first];
    this.#placesByFirst.set(first, places);
    return places;
  }
}

/** Groups rows by exact prompt and response. */
export function exactDuplicates(rows: readonly AlignmentRow[]): DuplicateReport {
  const tally = new DuplicateTally();
  for (const { prompt, response } of rows) tally.add(derivedId(prompt, response));
  return tally.report((place) => rows[place]!);
}
