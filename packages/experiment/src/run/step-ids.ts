import type { AlignmentStep, AttackStep, SelectionStep } from './plan.ts';

/** Names of a run's steps: folders below its directory. */
export const stepIds = {
  selection: ({ id }: SelectionStep) => `select/${id}`,
  alignment: ({ id }: AlignmentStep) => `align/${id}`,
  /** The aligned model, before any attack. */
  before: ({ id }: AlignmentStep) => `evaluate/${id}-before`,
  attack: ({ id }: AttackStep) => `attack/${id}`,
  after: ({ id }: AttackStep) => `evaluate/${id}-after`,
} as const;
