import { DataError, Random } from '@pharmacist/core';
import { type AlignmentRow, type CorruptionName, derivedId, nearCopy } from '@pharmacist/data-io';
import { BENIGN, DUPLICATE, GOOD, LOW_QUALITY } from './kinds.ts';
import { isSpoiling, poolCounts, type PoolSpec } from './pool-schema.ts';
import { type MadeRow, madeRow, type PlantedPoolRow, textOf } from './pool-row.ts';
import { spoilRows } from './spoil-rows.ts';
import { grouped, takeTurns } from './turns.ts';

/** What rows are spoiled by where a pool does not say. */
const USUAL_CORRUPTIONS = ['shuffled', 'cut', 'repeated', 'garbage', 'swapped'] as const satisfies readonly CorruptionName[];

/**
 * Draws a pool with exact counts of each kind, no source row twice. The rows of a kind are drawn in an order that the seed alone decides, so
 * that pools of one seed and different shares hold as many of the same rows as can be: their figures differ by the share and not by luck.
 *
 * Low-quality rows that the source lacks (with `spoil`: all of them) are made from good and benign rows that the pool does not hold, by the
 * corruptions in equal parts. Duplicates are near-copies of the pool's own good rows: the same prompt, a few words of the answer changed.
 * @param source rows with a field `kind`; `where` names them in messages.
 * @throws {DataError} if a row has no kind, or naming every kind of which there are too few: asked and available.
 */
export function drawPool(
  source: readonly AlignmentRow[],
  pool: PoolSpec,
  { seed, where }: { seed: number; where: string },
): PlantedPoolRow[] {
  const random = new Random(seed).split('planted pool');
  const counts = poolCounts(pool);
  const byKind = grouped(source, (row) => kindOf(row, where));
  if (isSpoiling(pool)) byKind.delete(LOW_QUALITY);
  const ordered = (kind: string) => {
    const shuffled = random.split('draw', kind).shuffle(byKind.get(kind) ?? []);
    return pool.balanced === true ? takeTurns(shuffled, ({ fields }) => String(fields['stratum'])) : shuffled;
  };
  const drawn = new Map(
    [...counts.keys()].filter((kind) => kind !== DUPLICATE).map((kind) => [kind, ordered(kind).slice(0, counts.get(kind))]),
  );
  const spare = { good: ordered(GOOD).slice(counts.get(GOOD)), benign: ordered(BENIGN).slice(counts.get(BENIGN) ?? 0) };
  const numMade = (counts.get(LOW_QUALITY) ?? 0) - (drawn.get(LOW_QUALITY)?.length ?? 0);
  assertEnough(drawn, { pool, counts, where, numSpare: spare.good.length + spare.benign.length });
  const spoiled = spoilRows(spare, numMade, {
    corruptions: Array.isArray(pool.spoil) ? pool.spoil : USUAL_CORRUPTIONS,
    isEven: pool.balanced === true,
    random: random.split('spoil'),
  });
  assertSpoiled(spoiled.length, numMade, { pool, where });

  const sourceRows = [...drawn].flatMap(([kind, members]) => members.map((row): PlantedPoolRow => ({ ...textOf(row), id: row.id, kind })));
  const madeRows = [
    ...spoiled,
    ...random
      .split('duplicates')
      .shuffle(drawn.get(GOOD)!)
      .slice(0, counts.get(DUPLICATE) ?? 0)
      .map((row) => madeRow(row, nearCopy(row.response, random.split('copy', row.id)), { kind: DUPLICATE })),
  ];
  const rows = [...sourceRows, ...withIds(madeRows, sourceRows, random.split('ids'))];
  return random.split('order', pool.label).shuffle(rows);
}

/** @throws {DataError} if the row does not say. */
function kindOf({ id, fields }: AlignmentRow, where: string): string {
  const { kind } = fields;
  if (typeof kind === 'string') return kind;
  throw new DataError(`row ${id} has no field "kind", so that no pool of known truth can be drawn`, {
    where,
    hint: 'name a planted source by data.alignment, or leave data.pools out',
  });
}

function assertEnough(
  drawn: ReadonlyMap<string, readonly AlignmentRow[]>,
  { pool, counts, where, numSpare }: { pool: PoolSpec; counts: ReadonlyMap<string, number>; where: string; numSpare: number },
): void {
  const lacking = [...drawn].flatMap(([kind, { length: available }]) => {
    const asked = counts.get(kind)!;
    if (available === asked) return [];
    if (kind !== LOW_QUALITY) return [`${kind}: ${asked} asked, ${available} available`];
    return available + numSpare >= asked ? [] : [`${kind}: ${asked} asked, ${available} available and ${numSpare} spare rows to spoil`];
  });
  if (lacking.length === 0) return;
  throw new DataError(`has too few rows for the pool ${pool.label} of ${pool.size} rows: ${lacking.join('; ')}`, {
    where,
    hint: 'make the pool or these shares smaller, or name a larger source by data.alignment',
  });
}

/** Rows may be left, and none of them long enough for what is to be done to it. */
function assertSpoiled(numSpoiled: number, asked: number, { pool, where }: { pool: PoolSpec; where: string }): void {
  if (numSpoiled === asked) return;
  throw new DataError(`has too few rows for the pool ${pool.label}: ${numSpoiled} of ${asked} rows could be spoiled as \`spoil\` says`, {
    where,
    hint: 'make the share of low-quality rows smaller, or name more corruptions',
  });
}

/** Equal texts of the source become equal made rows, which still are two rows. */
function withIds(rows: readonly MadeRow[], sourceRows: readonly PlantedPoolRow[], random: Random): PlantedPoolRow[] {
  const taken = new Set(sourceRows.map(({ id }) => id));
  return rows.map((row) => {
    const stem = `${sourceRows[random.integer(sourceRows.length)]!.id}-${derivedId(row.prompt, row.response).slice(0, 4)}`;
    let id = stem;
    for (let copy = 2; taken.has(id); copy++) id = `${stem}-${copy}`;
    taken.add(id);
    return { ...row, id };
  });
}
