import { ConfigError, DataError, lazyList, memberOf } from '@pharmacist/core';
import { belowOthers, type Columns, type Filter, type FilterContext, type PoolRow, type Ranking } from '@pharmacist/selector';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import { parseOptions } from '../every-stage/parse-options.ts';
import type { FilterChoice } from './options.ts';

export interface ParsedFilter {
  readonly filter: Filter;
  readonly config: Record<string, unknown>;
}

/**
 * The filters of these names and their options with their defaults.
 * @throws {ConfigError} for an unknown name, options that are unknown or wrong, and a filter that is named twice.
 */
export function parseFilters(choices: readonly FilterChoice[], { filter: filters }: Pick<Catalog, 'filter'> = BUILT_IN): ParsedFilter[] {
  return choices.map(({ name, options = {} }, index) => {
    const filter = filters.get(name);
    if (choices.findIndex((choice) => choice.name === name) < index) {
      throw new ConfigError('is named twice', { where: `filter ${name}`, hint: 'name it once, with the options of the stricter one' });
    }
    const hint = `run \`pharmacist methods ${name}\` for its options`;
    return { filter, config: parseOptions(filter.config, options, { where: `filter ${name}`, hint }) };
  });
}

/** What filters left of a pool. */
export interface FilteredPool {
  readonly pool: readonly PoolRow[];
  /** Rows that each filter left out, by its name. */
  readonly numLeftOut: Readonly<Record<string, number>>;
  /** A ranking of `pool` as one of all rows: those left out below every other, without values in the method's columns; and the filters' columns. */
  restore(ranking: Ranking): Ranking;
}

/** Runs filters one after the other, each on what the ones before it left. @throws {DataError} if nothing is left. */
export async function filterPool(
  pool: readonly PoolRow[],
  filters: readonly ParsedFilter[],
  context: Omit<FilterContext, 'pool'>,
): Promise<FilteredPool> {
  let places = Int32Array.from({ length: pool.length }, (_, index) => index);
  const filterColumns: Record<string, Float64Array> = {};
  const numLeftOut: Record<string, number> = {};
  for (const { filter, config } of filters) {
    const { stays, columns } = await filter.apply({ ...context, pool: rowsAt(pool, places) }, config);
    Object.assign(filterColumns, spread(columns, places, pool.length));
    const staying = places.filter((_, place) => stays[place] === 1);
    numLeftOut[filter.name] = places.length - staying.length;
    places = staying;
    if (places.length === 0)
      throw new DataError('leaves no row of the pool', { where: `filter ${filter.name}`, hint: 'loosen its options' });
  }
  return {
    pool: rowsAt(pool, places),
    numLeftOut,
    restore: ({ scores, columns, explain }) => ({
      scores: filters.length === 0 ? scores : atTheBottom(spread({ scores }, places, pool.length)['scores']!),
      columns: filters.length === 0 ? columns : { ...spread(columns, places, pool.length), ...filterColumns },
      ...(explain && { explain }),
    }),
  };
}

/** The pool itself if every row stays. */
function rowsAt(pool: readonly PoolRow[], places: Int32Array): readonly PoolRow[] {
  return places.length === pool.length ? pool : chosen(memberOf(pool), places);
}

function chosen(rowAt: (index: number) => PoolRow, places: Int32Array): readonly PoolRow[] {
  return lazyList(places.length, (place) => rowAt(places[place]!));
}

/** Rows that were left out, which have no score, below those that the method ranked. */
function atTheBottom(scores: Float64Array): Float64Array {
  return belowOthers(scores, (index) => Number.isNaN(scores[index]));
}

/** Values of some rows at their places among all; NaN elsewhere. */
function spread(columns: Columns, places: Int32Array, numRows: number): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => {
      const placed = new Float64Array(numRows).fill(NaN);
      places.forEach((index, place) => (placed[index] = values[place]!));
      return [name, placed];
    }),
  );
}
