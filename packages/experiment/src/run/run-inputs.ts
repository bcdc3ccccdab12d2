import { type RunInput, sha256OfFile } from '@pharmacist/core';
import { dataPath } from '../bundled.ts';
import type { RunConfig } from './config-schema.ts';

/** Hashes of the files that the configuration names; a file on the Hub is hashed by the steps that read it. */
export async function inputsOf({ data }: RunConfig, assetsDir: string): Promise<RunInput[]> {
  const { task, allowOverlap: _, pools: __, ...files } = data;
  const sources = { ...files, taskTrain: task?.train, taskTest: task?.test };
  const inputs: RunInput[] = [];
  for (const [role, source] of Object.entries(sources)) {
    if (source === undefined || source.startsWith('hf://')) continue;
    inputs.push({ role, source, sha256: await sha256OfFile(dataPath(source, assetsDir)) });
  }
  return inputs;
}
