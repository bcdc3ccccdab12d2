import { join } from 'node:path';
import { readJson } from '@pharmacist/core';
import type { RunConfig } from './config-schema.ts';
import { planRun } from './plan.ts';
import { stepIds } from './step-ids.ts';

/** A step and the steps whose files it reads. */
export interface StepNode {
  readonly id: string;
  readonly after: readonly string[];
}

/** The steps of a run as a graph. Those of a seed come together, each after those that it needs. */
export function stepGraph(config: RunConfig): StepNode[] {
  const { selections, alignments, attacks } = planRun(config);
  return selections.flatMap((selection) => [
    { id: stepIds.selection(selection), after: [] },
    ...alignments
      .filter((step) => step.selection === selection)
      .flatMap((alignment) => {
        const aligned = stepIds.alignment(alignment);
        return [
          { id: aligned, after: [stepIds.selection(selection)] },
          { id: stepIds.before(alignment), after: [aligned] },
          ...attacks
            .filter((step) => step.alignment === alignment)
            .flatMap((step) => [
              { id: stepIds.attack(step), after: [aligned] },
              { id: stepIds.after(step), after: [stepIds.attack(step)] },
            ]),
        ];
      }),
  ]);
}

/** The steps that are not done, waiting only for one another. What their files are worth is found out where they are read. */
export async function stepsLeft(out: string, nodes: readonly StepNode[]): Promise<StepNode[]> {
  const left: StepNode[] = [];
  const done = new Set<string>();
  for (const { id, after } of nodes) {
    if (await isStepDone(out, id)) done.add(id);
    else left.push({ id, after: after.filter((before) => !done.has(before)) });
  }
  return left;
}

/** Whether a step's record says that it is done. */
export async function isStepDone(out: string, id: string): Promise<boolean> {
  const record = await readJson(join(out, id, 'run.json')).catch(() => undefined);
  return (record as { status?: unknown } | undefined)?.status === 'done';
}
