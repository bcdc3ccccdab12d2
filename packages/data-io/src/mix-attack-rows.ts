import { ConfigError, DataError, Random } from '@pharmacist/core';
import type { IdentifiedPrompt, Overlap } from './mix-overlap.ts';
import { findOverlap } from './mix-overlap.ts';
import type { AlignmentRow, RowPosition } from './row.ts';

/** Which of the two files a row of the attack came from. */
export type AttackOrigin = 'task' | 'harmful';

/** A row of the user's fine-tuning data, marked with its origin; `origin` and `id` together are unique if ids are within each file. */
export type AttackRow<Row extends IdentifiedPrompt = AlignmentRow> = Row & { origin: AttackOrigin };

export interface AttackMix<Row extends IdentifiedPrompt = AlignmentRow> {
  /** The user's own rows. */
  task: readonly Row[];
  /** Harmful prompts with answers that comply. */
  harmful: readonly Row[];
  /** Fraction of harmful rows, 0 to 1 (the p of the papers). */
  poisonRatio: number;
  /** Rows of the mix (the n of the papers). */
  numSamples: number;
  seed: number | string;
  /** Rows that the mix must not touch: what the model was aligned on. */
  excluded?: readonly IdentifiedPrompt[] | undefined;
  /** Takes rows although they are among `excluded`. */
  allowOverlap?: boolean | undefined;
}

/**
 * Harmful rows in a mix of n: p * n rounded to the nearest integer, halves up, where p * n counts as a half if it is one up to 1e-9
 * (.29 * 50 is 14.5, though not in binary). The reference codes truncate instead, `int(p * n)`, and one of them then loses one more row.
 * @throws {ConfigError} if p is not in [0, 1] or n is not an integer of at least 1.
 */
export function numHarmfulRows(poisonRatio: number, numSamples: number): number {
  if (!(poisonRatio >= 0 && poisonRatio <= 1)) {
    throw new ConfigError(`the poison ratio must be from 0 to 1, got ${poisonRatio}`, {
      where: 'poisonRatio',
      hint: 'give the fraction of harmful rows, for instance 0.1 for 10 %',
    });
  }
  if (!Number.isSafeInteger(numSamples) || numSamples < 1) {
    throw new ConfigError(`the number of samples must be an integer of at least 1, got ${numSamples}`, {
      where: 'numSamples',
      hint: 'give the number of rows of the fine-tuning, for instance 1000',
    });
  }
  return Math.floor(poisonRatio * numSamples + 0.5 + 1e-9);
}

/**
 * The data of a poisoned fine-tuning: exactly `numHarmfulRows(p, n)` harmful rows, the rest of n task rows, drawn without replacement and
 * shuffled, both by the seed.
 *
 * For one seed and n the mixes of growing p are nested: the harmful rows of a smaller p are among those of a larger one, the task rows of
 * a larger p among those of a smaller one, and rows that two mixes share come in the same order in both. So a curve over p changes what
 * it must and nothing else.
 *
 * The check against `excluded` is of every candidate row on a side that is drawn from, drawn or not: it must not depend on the seed.
 * @throws {ConfigError} if p is not in [0, 1] or n is not an integer of at least 1.
 * @throws {DataError} if a side has fewer rows than needed, with both counts; if candidates are among `excluded` by id or by normalised
 * prompt and `allowOverlap` is not set, with the count and the first few.
 */
export function mixAttackRows<Row extends IdentifiedPrompt>(mix: AttackMix<Row>): AttackRow<Row>[] {
  const numHarmful = numHarmfulRows(mix.poisonRatio, mix.numSamples);
  const sides = [
    { origin: 'harmful', rows: mix.harmful, count: numHarmful },
    { origin: 'task', rows: mix.task, count: mix.numSamples - numHarmful },
  ] as const;
  assertEnough(sides, mix);
  if (mix.allowOverlap !== true) {
    const candidates = sides.flatMap(({ rows, count }) => (count > 0 ? rows : []));
    assertDisjoint(findOverlap(candidates, mix.excluded ?? []));
  }
  const random = new Random(mix.seed).split('mix-attack-rows');
  const keyed = sides.flatMap(({ origin, rows, count }) => {
    const position = random.split('order', origin);
    return random
      .split('draw', origin)
      .sample(rows.length, count)
      .map((index) => ({ row: { ...rows[index]!, origin }, position: position.uniform() }));
  });
  return keyed.toSorted((a, b) => a.position - b.position).map(({ row }) => row);
}

interface Side {
  readonly origin: AttackOrigin;
  readonly rows: readonly unknown[];
  readonly count: number;
}

function assertEnough(sides: readonly Side[], { poisonRatio, numSamples }: Pick<AttackMix, 'poisonRatio' | 'numSamples'>): void {
  const short = sides.filter(({ rows, count }) => rows.length < count);
  if (short.length === 0) return;
  const lacks = short.map(({ origin, rows, count }) => `${count} ${origin} rows are needed, there are ${rows.length}`);
  throw new DataError(`${numSamples} samples at poison ratio ${poisonRatio}: ${lacks.join('; ')}`, {
    where: 'attack data',
    hint: 'ask for fewer samples, another poison ratio, or give a file with more rows',
    details: Object.fromEntries(sides.map(({ origin, rows, count }) => [origin, { needed: count, available: rows.length }])),
  });
}

const NUM_NAMED = 3;

function assertDisjoint(overlaps: readonly Overlap<IdentifiedPrompt>[]): void {
  if (overlaps.length === 0) return;
  const named = overlaps
    .slice(0, NUM_NAMED)
    .map(({ row, other, by }) =>
      by === 'id'
        ? `${place(row)} has an id that is also in the alignment rows`
        : `${place(row)} has the prompt of alignment row ${place(other)}`,
    );
  const numMore = overlaps.length - named.length;
  throw new DataError(
    `${overlaps.length} of the attack's rows ${overlaps.length === 1 ? 'is' : 'are'} among the alignment rows: ${named.join('; ')}${numMore > 0 ? `; and ${numMore} more` : ''}`,
    {
      where: 'attack data',
      hint: 'take these rows out of one side, or allow the overlap: --allow-overlap, in a configuration `data.allowOverlap: true`',
      details: { numOverlapping: overlaps.length, ids: overlaps.map(({ row }) => row.id) },
    },
  );
}

/** `"7f3a" (pool.jsonl:12)` where the row knows its file, else the id alone. */
function place(row: IdentifiedPrompt & { position?: RowPosition }): string {
  return row.position === undefined ? `"${row.id}"` : `"${row.id}" (${row.position.source}:${row.position.line})`;
}
