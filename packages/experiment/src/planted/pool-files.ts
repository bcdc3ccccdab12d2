import { readRows, writeJsonl } from '@pharmacist/data-io';
import { pathExists } from '@pharmacist/core';
import { dataPath } from '../bundled.ts';
import type { PoolStep } from '../run/plan.ts';
import { drawPool, type PlantedPoolRow } from './draw-pool.ts';

/** Rows of every pool of a run, by its file. */
export type DrawnPools = ReadonlyMap<string, readonly PlantedPoolRow[]>;

/** Draws the pools of a run, before anything is written. @throws {DataError} if the source has too few rows of a kind for one of them. */
export async function drawPools(pools: readonly PoolStep[], source: string, assetsDir: string): Promise<DrawnPools> {
  if (pools.length === 0) return new Map();
  const { rows } = await readRows(dataPath(source, assetsDir));
  return new Map(pools.map(({ spec, seed, file }) => [file, drawPool(rows, spec, { seed, where: source })]));
}

/** Writes each pool once, as an ordinary row file. @param pathOf place of a file in the run's directory. */
export async function writePools(pools: DrawnPools, pathOf: (file: string) => string): Promise<void> {
  for (const [file, rows] of pools) {
    const path = pathOf(file);
    if (!(await pathExists(path)))
      await writeJsonl(
        path,
        rows.map((row) => ({ fields: { ...row } })),
      );
  }
}
