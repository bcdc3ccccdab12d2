import { join } from 'node:path';
import { streamRecords } from '@pharmacist/data-io';

/** One optimiser step, and what the method noted of it. */
export interface StepRow {
  /** 0-based. */
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly [fact: string]: number;
}

/** The steps that a training wrote into a folder. */
export async function readSteps(folder: string): Promise<StepRow[]> {
  const steps: StepRow[] = [];
  for await (const { record } of streamRecords(join(folder, 'steps.jsonl'))) steps.push(record as unknown as StepRow);
  return steps;
}
