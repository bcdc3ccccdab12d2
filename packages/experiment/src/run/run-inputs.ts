import type { RunInput } from '@pharmacist/core';
import { labelOfAll } from '@pharmacist/data-io';
import type { RunConfig } from './config-schema.ts';

/**
 * Hashes of the files that the configuration names, and counts of their rows; a file on the Hub is for the steps that read it.
 * @param records of the rows that were read, by the same roles.
 */
export function inputsOf({ data }: RunConfig, records: readonly RunInput[]): RunInput[] {
  const { task, allowOverlap: _, pools: __, split: ___, subset: ____, ...files } = data;
  const sources = { ...files, taskTrain: task?.train, taskTest: task?.test };
  const inputs: RunInput[] = [];
  for (const [role, source] of Object.entries(sources)) {
    if (source === undefined) continue;
    const read = records.find((record) => record.role === role);
    // Rows of a distant place are read by the steps.
    if (read !== undefined) inputs.push({ ...read, source: labelOfAll(source) });
  }
  return inputs;
}
