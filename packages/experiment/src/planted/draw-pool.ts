import { DataError, Random } from '@pharmacist/core';
import { type AlignmentRow, type CorruptionName, derivedId, nearCopy, swapAnswers, TEXT_CORRUPTIONS } from '@pharmacist/data-io';
import { DUPLICATE, GOOD, LOW_QUALITY, poolCounts, type PoolSpec } from './pool-schema.ts';

/** A row of a drawn pool. A selection sees prompt and response only. */
export interface PlantedPoolRow {
  /**
   * That of the source. A made row has one that begins like that of some source row of the pool, drawn for it: in the order of ids, which breaks
   * ties and decides which of two near-duplicates a filter keeps, made rows then stand anywhere.
   */
  readonly id: string;
  readonly prompt: string;
  readonly response: string;
  readonly kind: string;
  /** Data set and stratum, if the source names them. */
  readonly source?: string;
  readonly stratum?: string;
  /** How the answer was spoiled, if that was done here. */
  readonly corruption?: CorruptionName;
  /** Id of the row that a made one comes from. */
  readonly madeFrom?: string;
}

const BENIGN = 'benign';
const TEXT_CORRUPTION_NAMES = Object.keys(TEXT_CORRUPTIONS) as (keyof typeof TEXT_CORRUPTIONS)[];

/**
 * Draws a pool with exact counts of each kind, no source row twice. The rows of a kind are drawn in an order that the seed alone decides, so
 * that pools of one seed and different shares hold as many of the same rows as can be: their figures differ by the share and not by luck.
 *
 * Low-quality rows that the source lacks (with `spoil`: all of them) are made from good and benign rows that the pool does not hold, by the
 * corruptions in equal parts (swapped answers from benign rows only: a refusal in the place of another is still a good answer). Duplicates are
 * near-copies of the pool's own good rows: the same prompt, a few words of the answer changed.
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
  const byKind = rowsByKind(source, where);
  if (pool.spoil === true) byKind.delete(LOW_QUALITY);
  const shuffled = (kind: string) => random.split('draw', kind).shuffle(byKind.get(kind) ?? []);
  const drawn = new Map(
    [...counts.keys()].filter((kind) => kind !== DUPLICATE).map((kind) => [kind, shuffled(kind).slice(0, counts.get(kind))]),
  );
  const spare = (kind: string) => shuffled(kind).slice(counts.get(kind) ?? 0);
  const numMade = (counts.get(LOW_QUALITY) ?? 0) - (drawn.get(LOW_QUALITY)?.length ?? 0);
  assertEnough(drawn, { pool, counts, where, numSpare: spare(GOOD).length + spare(BENIGN).length });

  const sourceRows = [...drawn].flatMap(([kind, members]) => members.map((row): PlantedPoolRow => ({ ...textOf(row), id: row.id, kind })));
  const madeRows = [
    ...spoiledRows(spare(GOOD), spare(BENIGN), numMade, random.split('spoil')),
    ...random
      .split('duplicates')
      .shuffle(drawn.get(GOOD)!)
      .slice(0, counts.get(DUPLICATE) ?? 0)
      .map((row) => made(row, nearCopy(row.response, random.split('copy', row.id)), { kind: DUPLICATE })),
  ];
  const rows = [...sourceRows, ...withIds(madeRows, sourceRows, random.split('ids'))];
  return random.split('order', pool.label).shuffle(rows);
}

function rowsByKind(source: readonly AlignmentRow[], where: string): Map<string, AlignmentRow[]> {
  const byKind = new Map<string, AlignmentRow[]>();
  for (const row of source) {
    const kind = row.fields['kind'];
    if (typeof kind !== 'string') {
      throw new DataError(`row ${row.id} has no field "kind", so that no pool of known truth can be drawn`, {
        where,
        hint: 'name a planted source by data.alignment, or leave data.pools out',
      });
    }
    const members = byKind.get(kind);
    if (members === undefined) byKind.set(kind, [row]);
    else members.push(row);
  }
  return byKind;
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

function spoiledRows(good: readonly AlignmentRow[], benign: readonly AlignmentRow[], count: number, random: Random): MadeRow[] {
  const numParts = TEXT_CORRUPTION_NAMES.length + 1;
  const numSwapped = Math.min(benign.length, Math.floor(count / numParts));
  // One row alone has nobody to swap with.
  const swapped = benign.slice(0, numSwapped < 2 ? 0 : numSwapped);
  const others = random.shuffle([...good, ...benign.slice(swapped.length)]).slice(0, count - swapped.length);
  return [
    ...swapAnswers(swapped, random.split('swap')).map((row, i) =>
      made(swapped[i]!, row.response, { kind: LOW_QUALITY, corruption: 'swapped' }),
    ),
    ...others.map((row, i) => {
      const corruption = TEXT_CORRUPTION_NAMES[i % TEXT_CORRUPTION_NAMES.length]!;
      return made(row, TEXT_CORRUPTIONS[corruption](row.response, random.split(corruption, row.id)), { kind: LOW_QUALITY, corruption });
    }),
  ];
}

type MadeRow = Omit<PlantedPoolRow, 'id'>;

function made(row: AlignmentRow, response: string, truth: Pick<PlantedPoolRow, 'kind' | 'corruption'>): MadeRow {
  return { ...textOf(row), response, ...truth, madeFrom: row.id };
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

function textOf({ prompt, response, fields }: AlignmentRow): Pick<PlantedPoolRow, 'prompt' | 'response' | 'source' | 'stratum'> {
  const { source, stratum } = fields;
  return { prompt, response, ...(typeof source === 'string' && { source }), ...(typeof stratum === 'string' && { stratum }) };
}
