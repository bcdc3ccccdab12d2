import { DataError, InternalError, Random } from '@pharmacist/core';
import { type AlignmentRow, normalisePrompt } from '@pharmacist/data-io';
import { drawPool } from './draw-pool.ts';
import { type PlantedPoolRow, textOf } from './pool-row.ts';
import { GOOD, MISLABELLED } from './kinds.ts';
import type { PoolSpec } from './pool-schema.ts';
import { byPrompt, takeTurns } from './turns.ts';

/** Trusted and harmful rows drawn for a pool. */
export interface References {
  readonly trusted: readonly PlantedPoolRow[];
  readonly harmful: readonly PlantedPoolRow[];
}

/** A pool, and what was drawn beside it. */
export interface DrawnPool {
  readonly rows: readonly PlantedPoolRow[];
  /** Undefined: those that the configuration names. */
  readonly references: References | undefined;
}

/** At most so many reference rows of one prompt: few prompts are then lost to the pool, and no single one counts much. */
const MAX_PER_PROMPT = 3;

/**
 * Draws a pool and, if it asks for them, trusted rows (good ones) and harmful rows (mislabelled ones) beside it. A normalised prompt occurs in one
 * of the three only. With `goodFrom` the good rows of the pool, and what is made from them, are of these sources, and the trusted and harmful
 * rows of all others; the sources of reference rows take turns.
 * @param source rows with a field `kind` and, for `goodFrom`, `source`; `where` names them in messages.
 * @throws {DataError} if a row lacks such a field, or if there are too few rows of a kind: asked and available.
 */
export function drawPlanted(source: readonly AlignmentRow[], pool: PoolSpec, { seed, where }: { seed: number; where: string }): DrawnPool {
  const { trusted, harmful, goodFrom } = pool;
  if (trusted === undefined || harmful === undefined) return { rows: drawPool(source, pool, { seed, where }), references: undefined };
  if (goodFrom === 'each') throw new InternalError('a pool of each source is several pools: expandPools first', { where: pool.label });
  const random = new Random(seed).split('planted references');
  const isOfPool = goodFrom === undefined ? () => true : (row: AlignmentRow) => goodFrom.includes(sourceOf(row, where));
  const isOfReferences = goodFrom === undefined ? () => true : (row: AlignmentRow) => !isOfPool(row);
  const taken = new Set<string>();
  const draw = (role: keyof References, kind: string, count: number): PlantedPoolRow[] => {
    const candidates = source.filter((row) => row.fields['kind'] === kind && isOfReferences(row) && !taken.has(promptOf(row)));
    const few = byPrompt(candidates, promptOf, MAX_PER_PROMPT, random.split(role));
    const drawn = takeTurns(few, ({ fields }) => String(fields['source'])).slice(0, count);
    if (drawn.length < count) throw tooFew({ role, kind, asked: count, available: drawn.length }, pool, where);
    for (const row of drawn) taken.add(promptOf(row));
    return random.split(role, 'order').shuffle(drawn.map((row) => ({ ...textOf(row), id: row.id, kind })));
  };
  const references = { trusted: draw('trusted', GOOD, trusted), harmful: draw('harmful', MISLABELLED, harmful) };
  const rest = source.filter((row) => !taken.has(promptOf(row)) && (row.fields['kind'] !== GOOD || isOfPool(row)));
  return { rows: drawPool(rest, pool, { seed, where }), references };
}

function promptOf({ prompt }: AlignmentRow): string {
  return normalisePrompt(prompt);
}

/** @throws {DataError} if the row does not say. */
export function sourceOf({ id, fields }: AlignmentRow, where: string): string {
  const { source } = fields;
  if (typeof source === 'string') return source;
  throw new DataError(`row ${id} has no field "source", so that no pool can be drawn by source`, {
    where,
    hint: 'leave `goodFrom` out of data.pools, or add the field: the name of the data set that a row is from',
  });
}

function tooFew(
  { role, kind, asked, available }: { role: string; kind: string; asked: number; available: number },
  { label, goodFrom }: PoolSpec,
  where: string,
): DataError {
  const others = goodFrom === undefined ? '' : ` of sources other than ${String(goodFrom)}`;
  return new DataError(
    `has too few ${kind} rows${others} for the ${role} rows of the pool ${label}: ${asked} asked, ${available} available`,
    {
      where,
      hint: `make the number of ${role} rows smaller, or name a larger source by data.alignment; a prompt gives at most ${MAX_PER_PROMPT}`,
    },
  );
}
