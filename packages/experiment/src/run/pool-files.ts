import { type KnownFormats, labelOfAll, readRows, type RowSource, type SplitChoice, writeJsonl } from '@pharmacist/data-io';
import { pathExists } from '@pharmacist/core';
import { dataSource } from '../bundled.ts';
import type { PoolStep } from './plan.ts';
import { type DrawnPool, drawPlanted, type PlantedPoolRow, type References } from '@pharmacist/planted';

/** The pools of a run, by their files. */
export type DrawnPools = ReadonlyMap<string, DrawnPool>;

/** Draws the pools of a run, before anything is written. @throws {DataError} if the source has too few rows of a kind for one of them. */
export async function drawPools(
  pools: readonly PoolStep[],
  source: RowSource,
  choice: SplitChoice & KnownFormats = {},
): Promise<DrawnPools> {
  if (pools.length === 0) return new Map();
  const { rows } = await readRows(dataSource(source), choice);
  return new Map(pools.map(({ spec, seed, file }) => [file, drawPlanted(rows, spec, { seed, where: labelOfAll(source) })]));
}

/** Writes each pool once, as ordinary row files. @param pathOf place of a file in the run's directory. */
export async function writePools(pools: DrawnPools, pathOf: (file: string) => string): Promise<void> {
  for (const [file, { rows, references }] of pools) {
    await writeOnce(pathOf(file), rows);
    if (references === undefined) continue;
    await writeOnce(pathOf(referenceFile(file, 'trusted')), references.trusted);
    await writeOnce(pathOf(referenceFile(file, 'harmful')), references.harmful);
  }
}

/** Where the trusted or harmful rows of a pool are, beside it. */
export function referenceFile(poolFile: string, role: keyof References): string {
  return poolFile.replace(/\.jsonl$/u, `.${role}.jsonl`);
}

async function writeOnce(path: string, rows: readonly PlantedPoolRow[]): Promise<void> {
  if (await pathExists(path)) return;
  await writeJsonl(
    path,
    rows.map((row) => ({ fields: { ...row } })),
  );
}
