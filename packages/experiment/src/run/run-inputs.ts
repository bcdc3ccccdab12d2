import { type RunInput, sha256OfFile } from '@pharmacist/core';
import { dataPath } from '../bundled.ts';
import type { RunConfig } from './config-schema.ts';

/**
 * Hashes of the files that the configuration names, and counts of their rows; a file on the Hub is for the steps that read it.
 * @param records of the rows that were read, by the same roles.
 */
export async function inputsOf({ data }: RunConfig, assetsDir: string, records: readonly RunInput[]): Promise<RunInput[]> {
  const { task, allowOverlap: _, pools: __, ...files } = data;
  const sources = { ...files, taskTrain: task?.train, taskTest: task?.test };
  const inputs: RunInput[] = [];
  for (const [role, source] of Object.entries(sources)) {
    if (source === undefined || source.startsWith('hf://')) continue;
    const read = records.find((record) => record.role === role);
    inputs.push({ ...read, role, source, sha256: await sha256OfFile(dataPath(source, assetsDir)) });
  }
  return inputs;
}
