import { BUILT_IN, type Catalog } from '../catalog/catalog.ts';
import type { RunConfig } from './config-schema.ts';
import { type Downstream, downstreamOf } from './downstream.ts';
import type { TimedStep } from './grid-progress.ts';
import { type Plan, planRun } from './plan.ts';

/** Optimiser steps that one selection, by what it does with each row, or one evaluation is about worth, as a first guess: what was measured replaces it. */
const SELECTION_STEPS = { none: 1, text: 1, forward: 30, gradients: 150 } as const;
const EVALUATION_STEPS = 40;
/** Rows of the pool that these guesses were made for. */
const TYPICAL_POOL = 400;

/** Every step of a configuration with its expected work in optimiser steps of plain training; subsets count by their share. */
export function timedSteps(config: RunConfig, { selector: selectors }: Pick<Catalog, 'selector'> = BUILT_IN): TimedStep[] {
  const { selections, alignments, attacks } = planRun(config);
  const downstream = downstreamOf(config);
  return [
    ...selections.map(({ id, method, pool }) => ({
      id: `select/${id}`,
      kind: `select ${method.label}`,
      work: (SELECTION_STEPS[selectors.get(method.name).cost] * (pool?.spec.size ?? TYPICAL_POOL)) / TYPICAL_POOL,
    })),
    ...(downstream === undefined ? [] : laterSteps(downstream, { alignments, attacks })),
  ];
}

function laterSteps({ alignment, attack }: Downstream, { alignments, attacks }: Pick<Plan, 'alignments' | 'attacks'>): TimedStep[] {
  const alignSteps = 'steps' in alignment.length ? alignment.length.steps : undefined;
  const attackSteps = 'steps' in attack.length ? attack.length.steps : attack.length.epochs * Math.ceil(attack.samples / attack.batchSize);
  const evaluation = (id: string): TimedStep => ({ id: `evaluate/${id}`, kind: 'evaluate', work: EVALUATION_STEPS });
  return [
    ...alignments.flatMap((step) => [
      {
        id: `align/${step.id}`,
        kind: `align ${step.defense.label}`,
        work: 2 * (alignSteps ?? 100 * step.keep),
      },
      evaluation(`${step.id}-before`),
    ]),
    ...attacks.flatMap((step) => [{ id: `attack/${step.id}`, kind: 'attack', work: attackSteps }, evaluation(`${step.id}-after`)]),
  ];
}
