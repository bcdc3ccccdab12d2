import { select, type SelectOptions, type SelectResult } from '@pharmacist/experiment';
import { keepHeapSmall } from '../small-heap.ts';
import { runStage } from './run-stage.ts';

export interface FinishedSelection extends SelectResult {
  /** What the person should know about the result. */
  warnings: string[];
}

/** A selection with progress on standard error that SIGINT stops in good order. */
export async function runSelection(
  options: SelectOptions,
  values: { quiet?: boolean | undefined; plugin?: readonly (string | number)[] | undefined; stopping?: string },
): Promise<FinishedSelection> {
  keepHeapSmall();
  return await runStage(values, async (surroundings) => await select({ ...options, ...surroundings }));
}
