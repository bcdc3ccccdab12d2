import { join } from 'node:path';
import { ConfigError, pathExists, readJson, writeJsonAtomic } from '@pharmacist/core';
import { z } from 'zod';
import { RECOMPUTE_CHOICES } from '../../every-stage/options.ts';

const selectFileSchema = z.strictObject({
  formatVersion: z.literal(2),
  /** Of this run alone, made when it began. */
  key: z.string(),
  /** How the run's model is opened. */
  options: z.strictObject({
    model: z.string(),
    engine: z.string().optional(),
    numThreads: z.number().optional(),
    numDevices: z.number().optional(),
    allowLittleMemory: z.boolean().optional(),
    recompute: z.enum(RECOMPUTE_CHOICES).optional(),
  }),
  plugins: z.array(z.string()),
  /** Of the machine that began: who makes a part must have the same. */
  versions: z.record(z.string(), z.string()),
  /** Lets parts be made on machines of other kinds. */
  mixed: z.boolean(),
});

/** What a process needs to know to make a part of a selection. */
export type SelectFile = z.output<typeof selectFileSchema>;

/** It lies among the checkpoints, and goes with them when the run is done. */
function pathOf(out: string): string {
  return join(out, '.state', 'select.json');
}

export async function writeSelectFile(out: string, file: SelectFile): Promise<void> {
  await writeJsonAtomic(pathOf(out), file);
}

/** Undefined if there is none, or none of this form. */
export async function findSelectFile(out: string): Promise<SelectFile | undefined> {
  const path = pathOf(out);
  return (await pathExists(path)) ? selectFileSchema.safeParse(await readJson(path)).data : undefined;
}

/** @throws {ConfigError} if the folder holds no selection whose passes are divided. */
export async function readSelectFile(out: string): Promise<SelectFile> {
  const file = await findSelectFile(out);
  if (file !== undefined) return file;
  throw new ConfigError('is no selection whose passes are divided, or another version’s', {
    where: out,
    hint: '`pharmacist select … --executor NAME` begins one; a run that is done has no parts left',
  });
}
