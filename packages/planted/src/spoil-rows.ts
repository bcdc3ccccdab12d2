import type { Random } from '@pharmacist/core';
import {
  type AlignmentRow,
  type CorruptionName,
  isTextCorruption,
  spliceAnswers,
  swapAnswers,
  TEXT_CORRUPTIONS,
} from '@pharmacist/data-io';
import { type MadeRow, madeRow } from './pool-row.ts';
import { LOW_QUALITY } from './kinds.ts';

/** Rows that may be spoiled, in the order in which they are taken. */
export interface SpareRows {
  readonly good: readonly AlignmentRow[];
  readonly benign: readonly AlignmentRow[];
}

/** A refusal cut at a full stop is still a refusal, and the answer to another harmful prompt may be: these are made of benign rows alone. */
const OF_BENIGN_ALONE: ReadonlySet<CorruptionName> = new Set(['swapped', 'cut-sentences']);

/**
 * Makes rows by the corruptions in equal parts, no row from two of them, as far as there are rows.
 * @param isEven takes as many good rows as benign ones, as far as they last; else both as they come.
 */
export function spoilRows(
  spare: SpareRows,
  count: number,
  { corruptions, isEven, random }: { corruptions: readonly CorruptionName[]; isEven: boolean; random: Random },
): MadeRow[] {
  const left = { good: [...spare.good], benign: [...spare.benign] };
  const own = corruptions.filter((name) => !isTextCorruption(name) || OF_BENIGN_ALONE.has(name));
  const others = corruptions.filter(isTextCorruption).filter((name) => !OF_BENIGN_ALONE.has(name));
  // What equal parts leave over is the others', or else the first ones'.
  const [part, numLarger] = [Math.floor(count / corruptions.length), others.length > 0 ? 0 : count % corruptions.length];
  const made = own.flatMap((corruption, place) => madeApart(corruption, place < numLarger ? part + 1 : part, left, random));
  const queue = isEven
    ? alternating(random.shuffle(left.good), random.shuffle(left.benign))
    : random.shuffle([...left.good, ...left.benign]);
  for (let turn = 0; made.length < count && queue.length > 0 && others.length > 0; turn++) {
    const corruption = others[turn % others.length]!;
    const row = takeSpoiled(queue, corruption, random);
    if (row === undefined) others.splice(turn % others.length, 1);
    else made.push(row);
  }
  return made;
}

type Left = Record<keyof SpareRows, AlignmentRow[]>;

/** Rows of a corruption that needs certain rows; they are taken from those left. */
function madeApart(corruption: CorruptionName, count: number, left: Left, random: Random): MadeRow[] {
  const of = (row: AlignmentRow, response: string) => madeRow(row, response, { kind: LOW_QUALITY, corruption });
  if (isTextCorruption(corruption)) {
    const rows = Array.from({ length: count }, () => takeSpoiled(left.benign, corruption, random));
    return rows.filter((row) => row !== undefined);
  }
  if (corruption === 'swapped') {
    // One row alone has nobody to swap with.
    const rows = left.benign.splice(0, Math.min(count, left.benign.length) < 2 ? 0 : count);
    const swapped = swapAnswers(rows, random.split('swap')).map((row, i) => of(rows[i]!, row.response));
    return swapped.filter((row, i) => row.response !== rows[i]!.response);
  }
  const numPairs = Math.min(Math.ceil(count / 2), left.good.length, left.benign.length);
  const [good, benign] = [left.good.splice(0, numPairs), left.benign.splice(0, numPairs)];
  return good
    .flatMap((safe, i) => {
      const plain = benign[i]!;
      const splice = random.split(corruption, safe.id);
      return corruption === 'exchanged'
        ? [of(safe, plain.response), of(plain, safe.response)]
        : [
            of(safe, spliceAnswers(safe.response, plain.response, splice.split('head'))),
            of(plain, spliceAnswers(plain.response, safe.response, splice.split('tail'))),
          ];
    })
    .slice(0, count);
}

/** The first row that the corruption can spoil, taken from the queue; undefined if there is none. */
function takeSpoiled(queue: AlignmentRow[], corruption: keyof typeof TEXT_CORRUPTIONS, random: Random): MadeRow | undefined {
  for (const [place, row] of queue.entries()) {
    const response = TEXT_CORRUPTIONS[corruption](row.response, random.split(corruption, row.id));
    if (response === row.response) continue;
    queue.splice(place, 1);
    return madeRow(row, response, { kind: LOW_QUALITY, corruption });
  }
  return undefined;
}

function alternating<T>(first: readonly T[], second: readonly T[]): T[] {
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [
    ...first.slice(i, i + 1),
    ...second.slice(i, i + 1),
  ]).flat();
}
