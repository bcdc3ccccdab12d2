import { type State, type StateArray } from '@pharmacist/core';
import type { DividedTexts, FoundLists, MappedText, TextMap } from '@pharmacist/selector';
import { z } from 'zod';
import type { FoundIn } from './found-file.ts';
import type { Shard } from './shard-plan.ts';

/** Numbers are kept by fours of bytes. */
const WORD = Int32Array.BYTES_PER_ELEMENT;

type Range = Pick<Shard, 'from' | 'to'>;

const textsMeta = z.object({ numBytes: z.int() });
const foundMeta = z.object({ plan: z.string(), number: z.int() });

/** The texts of a range of rows as a file holds them: a line of JSON each, so that every string comes back as it was; null for a row that is not read. */
export function packTexts({ textAt }: Pick<DividedTexts, 'textAt'>, { from, to }: Range): State {
  const lines: string[] = [];
  for (let index = from; index < to; index++) lines.push(JSON.stringify(textAt(index) ?? null));
  const text = lines.join('\n');
  const numBytes = Buffer.byteLength(text);
  const words = new Int32Array(Math.ceil(numBytes / WORD));
  Buffer.from(words.buffer).write(text);
  return { meta: { numBytes }, arrays: { texts: words } };
}

/** The texts again; undefined if these are none. */
export function unpackTexts({ meta, arrays: { texts } }: State): readonly (MappedText | undefined)[] | undefined {
  const { numBytes } = textsMeta.safeParse(meta).data ?? {};
  if (numBytes === undefined || !(texts instanceof Int32Array) || numBytes > texts.byteLength) return undefined;
  const lines = Buffer.from(texts.buffer, texts.byteOffset, numBytes).toString().split('\n');
  try {
    const parsed = lines.map((line) => JSON.parse(line) as MappedText | null);
    return parsed.every(isText) ? parsed.map((text) => text ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

/** By hand: millions of them. */
function isText(line: Partial<MappedText> | null): boolean {
  return line === null || (typeof line.text?.prompt === 'string' && typeof line.text.response === 'string');
}

/** Lists of the rows of a range as a file holds them, end to end, with their lengths. */
export class FoundTexts {
  readonly #lists: readonly { readonly name: string; readonly lengths: Int32Array; numbers: Int32Array; end: number }[];

  constructor({ lists }: Pick<TextMap, 'lists'>, numRows: number) {
    this.#lists = lists.map((name) => ({ name, lengths: new Int32Array(numRows), numbers: new Int32Array(numRows), end: 0 }));
  }

  /** Rows that are never set have nothing. They are set in their order. */
  set(row: number, found: FoundLists): void {
    for (const list of this.#lists) {
      const values = found[list.name]!;
      const end = list.end + values.length;
      if (end > list.numbers.length) {
        const larger = new Int32Array(2 * end);
        larger.set(list.numbers);
        list.numbers = larger;
      }
      list.numbers.set(values, list.end);
      list.lengths[row] = values.length;
      list.end = end;
    }
  }

  get arrays(): Record<string, StateArray> {
    return Object.fromEntries(
      this.#lists.flatMap(({ name, lengths, numbers, end }) => [
        [name, numbers.subarray(0, end)],
        [lengthsOf(name), lengths],
      ]),
    );
  }
}

/**
 * What was found in the rows of a range, from a file of it.
 * @returns why it cannot be taken, or a function that gives it to `take`, row by row: lists that are gone with the next row.
 */
export function textsFound(
  state: State | 'missing' | 'damaged',
  { plan, number }: FoundIn,
  { lists }: Pick<TextMap, 'lists'>,
  numRows: number,
): ((take: (row: number, found: FoundLists) => void) => void) | 'missing' | 'damaged' | 'foreign' {
  if (typeof state === 'string') return state;
  const meta = foundMeta.safeParse(state.meta).data;
  if (meta === undefined) return 'damaged';
  if (meta.plan !== plan || meta.number !== number) return 'foreign';
  const parts: { readonly name: string; readonly numbers: Int32Array; readonly lengths: Int32Array }[] = [];
  for (const name of lists) {
    const [numbers, lengths] = [state.arrays[name], state.arrays[lengthsOf(name)]];
    if (!(numbers instanceof Int32Array) || !(lengths instanceof Int32Array)) return 'damaged';
    if (lengths.length !== numRows || lengths.reduce((sum, length) => sum + length, 0) !== numbers.length) return 'damaged';
    parts.push({ name, numbers, lengths });
  }
  return (take) => {
    const ends = parts.map(() => 0);
    const found: Record<string, Int32Array> = {};
    for (let row = 0; row < numRows; row++) {
      for (const [k, { name, numbers, lengths }] of parts.entries()) found[name] = numbers.subarray(ends[k], (ends[k]! += lengths[row]!));
      take(row, found);
    }
  };
}

function lengthsOf(name: string): string {
  return `lengths of ${name}`;
}
