import { join } from 'node:path';
import { ConfigError, pathExists, readJson, writeJsonAtomic } from '@pharmacist/core';
import { z } from 'zod';
import type { RunConfig } from './config-schema.ts';

const gridFileSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** Of this run alone, made when it began. */
  key: z.string(),
  /** As it was checked, with everything looked up. */
  config: z.record(z.string(), z.unknown()).transform((value) => value as unknown as RunConfig),
  /** Of the machine that checked the configuration, with its engine: who works on a step must have the same. */
  versions: z.record(z.string(), z.string()),
  /** Lets steps be made on machines of other kinds. */
  mixed: z.boolean(),
});

/** What a process needs to know to make one step of a run. */
export type GridFile = z.output<typeof gridFileSchema>;

/** It lies among the checkpoints, and goes with them when the run is done. */
function pathOf(out: string): string {
  return join(out, '.state', 'grid.json');
}

export async function writeGridFile(out: string, file: GridFile): Promise<void> {
  await writeJsonAtomic(pathOf(out), file);
}

/** Undefined if there is none, or none of this form. */
export async function findGridFile(out: string): Promise<GridFile | undefined> {
  const path = pathOf(out);
  if (!(await pathExists(path))) return undefined;
  return gridFileSchema.safeParse(await readJson(path)).data;
}

/** @throws {ConfigError} if the folder holds no run whose steps may be made apart. */
export async function readGridFile(out: string): Promise<GridFile> {
  const path = pathOf(out);
  if (!(await pathExists(path))) {
    throw new ConfigError('is no run whose steps are made one by one', {
      where: out,
      hint: '`pharmacist run CONFIG.yaml --executor NAME` begins one; a run that is done has no steps left',
    });
  }
  const parsed = gridFileSchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new ConfigError('is not what this version of pharmacist writes there', {
    where: path,
    hint: 'give the command of the run again, with the same version everywhere',
  });
}
