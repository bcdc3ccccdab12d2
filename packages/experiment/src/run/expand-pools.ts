import { ConfigError, DataError } from '@pharmacist/core';
import { type AlignmentRow, labelOfAll, readRows } from '@pharmacist/data-io';
import { dataSource, splitChoiceOf } from '../bundled.ts';
import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import type { RunConfig } from './config-schema.ts';
import { areDistinct } from './are-distinct.ts';
import { GOOD, type PoolSpec, sourceOf } from '@pharmacist/planted';

/**
 * The configuration with a pool in the place of each `goodFrom: each`: one of every source that has good rows, called by both names. Everything
 * after it knows only pools whose sources are named.
 * @throws {DataError} if a row has no source, or if there is one source only.
 */
export async function expandPools(config: RunConfig, { format: formats }: Pick<Catalog, 'format'> = BUILT_IN): Promise<RunConfig> {
  const { pools, alignment } = config.data;
  if (pools?.some(({ goodFrom }) => goodFrom === 'each') !== true) return config;
  const { rows } = await readRows(dataSource(alignment), { ...splitChoiceOf(config.data), formats });
  const sources = sourcesOfGoodRows(rows, labelOfAll(alignment));
  const expanded = pools.flatMap((pool) => (pool.goodFrom === 'each' ? sources.map((source) => poolOf(pool, source)) : [pool]));
  if (!areDistinct(expanded.map(({ label }) => label)))
    throw new ConfigError('two pools have the same label, now that each source has one', {
      where: 'data.pools',
      hint: 'rename one of them',
    });
  return { ...config, data: { ...config.data, pools: expanded } };
}

function sourcesOfGoodRows(rows: readonly AlignmentRow[], where: string): string[] {
  const sources = [...new Set(rows.filter(({ fields }) => fields['kind'] === GOOD).map((row) => sourceOf(row, where)))].sort();
  if (sources.length > 1) return sources;
  throw new DataError(
    `has good rows of ${sources.length === 0 ? 'no source' : `one source only (${sources[0]})`}, so that none can be set apart`,
    {
      where,
      hint: '`goodFrom: each` needs good rows of two sources or more',
    },
  );
}

/** Labels are parts of file names. */
function poolOf(pool: PoolSpec, source: string): PoolSpec {
  const name = source.toLowerCase().replaceAll(/[^a-z0-9._-]+/gu, '-');
  return { ...pool, label: `${pool.label}-${name}`.slice(0, 41), goodFrom: [source] };
}
