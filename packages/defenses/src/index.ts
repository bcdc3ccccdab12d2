export { defineDefense } from './define-defense.ts';
export type { Defense, DefenseContext, DefenseDefinition, DefenseRow, StepMethodParts } from './defense.ts';
export { DEFENSES } from './registry.ts';
export { booster } from './booster/booster.ts';
export { repnoise } from './repnoise/repnoise.ts';
export { sft } from './sft.ts';
export { drawWithoutReplacement } from './t-vaccine/draw-layers.ts';
export { tVaccine } from './t-vaccine/t-vaccine.ts';
export { vaccine } from './vaccine/vaccine.ts';
