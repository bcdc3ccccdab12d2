export { defineDefense } from './define-defense.ts';
export type { Defense, DefenseContext, DefenseDefinition, DefenseRow, StepMethodParts, StepProgram, StepSizes } from './defense.ts';
export { DEFENSES } from './registry.ts';
export { drawWithoutReplacement } from './t-vaccine/draw-layers.ts';
