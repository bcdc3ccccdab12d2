import { select, type SelectOptions, type SelectResult } from '@pharmacist/experiment';
import { keepHeapSmall } from '../small-heap.ts';
import { copied } from './copied.ts';
import { runStage } from './run-stage.ts';

export interface FinishedSelection extends SelectResult {
  /** What the person should know about the result. */
  warnings: string[];
}

/** A selection with progress on standard error that SIGINT stops in good order. */
export async function runSelection(
  options: SelectOptions,
  values: {
    quiet?: boolean | undefined;
    plugin?: readonly (string | number)[] | undefined;
    stopping?: string;
    'copy-to'?: string | undefined;
  },
): Promise<FinishedSelection> {
  keepHeapSmall();
  return await runStage(
    values,
    async (surroundings) => await copied(values['copy-to'], surroundings, async () => await select({ ...options, ...surroundings })),
  );
}
