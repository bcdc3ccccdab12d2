import { join } from 'node:path';
import { pathExists, readJson, writeJsonAtomic } from '@pharmacist/core';
import { z } from 'zod';

const selectFileSchema = z.strictObject({
  formatVersion: z.literal(3),
  /** Of this run alone, made when it began: what is at work for it on a cluster is found again by it. */
  key: z.string(),
});

/** It lies among the checkpoints, and goes with them when the run is done. */
function pathOf(out: string): string {
  return join(out, '.state', 'select.json');
}

export async function writeKey(out: string, key: string): Promise<void> {
  await writeJsonAtomic(pathOf(out), { formatVersion: 3, key } satisfies z.input<typeof selectFileSchema>);
}

/** Undefined if there is none, or none of this form. */
export async function findKey(out: string): Promise<string | undefined> {
  const path = pathOf(out);
  return (await pathExists(path)) ? selectFileSchema.safeParse(await readJson(path)).data?.key : undefined;
}
