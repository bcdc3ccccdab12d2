import { sha256 } from '@pharmacist/core';

const NUM_HEX_DIGITS = 16;

/** First 16 hexadecimal digits of the SHA-256 of the canonical JSON of `{ prompt, response }`: the same in every file and format. */
export function derivedId(prompt: string, response: string): string {
  // Canonical as it is: the names are in order, and texts have one form.
  return sha256(JSON.stringify({ prompt, response })).slice(0, NUM_HEX_DIGITS);
}

/** A record's own id as text; undefined if it has none; a problem's text if it is neither string nor number. */
export function explicitId(value: unknown): { id: string } | { what: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return { what: 'is an integer beyond 2^53, which JSON readers round: write it as text' };
  if (typeof value === 'number' && Number.isFinite(value)) return { id: String(value) };
  if (typeof value !== 'string') return { what: `is ${Array.isArray(value) ? 'an array' : `a ${typeof value}`}, not text or a number` };
  return value === '' ? { what: 'is empty' } : { id: value };
}

/** Gives out derived ids: the second row of one content gets `-2`, the third `-3`; ids that rows brought along are never taken. */
export class IdAllocator {
  readonly #explicit: { has(id: string): boolean };
  readonly #numGiven: Int32Array;

  /** @param explicitIds all of them, before the first id is given out. @param numContents different contents of all rows. */
  constructor(explicitIds: { has(id: string): boolean }, numContents: number) {
    this.#explicit = explicitIds;
    this.#numGiven = new Int32Array(numContents);
  }

  /** @param content derived id of the row's texts. @param number of that content among all. */
  allocate(content: string, number: number): string {
    let count = this.#numGiven[number]!;
    let id: string;
    do {
      count++;
      id = count === 1 ? content : `${content}-${count}`;
    } while (this.#explicit.has(id));
    this.#numGiven[number] = count;
    return id;
  }
}
