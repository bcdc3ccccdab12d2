import { EVERY_PROJECTION, PROJECTIONS } from '@pharmacist/language-model';
import { SCHEDULE_NAMES } from '@pharmacist/tensor-kernels';
import { z } from 'zod';
import { parseOptions } from '../every-stage/parse-options.ts';

const count = z.int().min(1);

/** How long a training is: whole passes over the rows, or optimiser steps whatever the number of rows. */
const lengthSchema = z.union([z.strictObject({ epochs: count }), z.strictObject({ steps: count })], {
  error: 'expected { epochs: N } or { steps: N }, whole numbers from 1 on',
});

/** Low-rank adapter that is trained. */
export const loraSchema = z.strictObject({
  rank: count.default(8),
  alpha: z.number().gt(0).default(4),
  /** Share of what reaches a matrix A that is left out in training, at random; none if left out. */
  dropout: z.number().min(0).lt(1).optional(),
  targets: z
    .array(z.enum(PROJECTIONS.names))
    .min(1)
    .default([...EVERY_PROJECTION]),
});

/** What alignment and attack share. */
const shape = {
  length: lengthSchema.default({ epochs: 20 }),
  /** Rows of one optimiser step. */
  batchSize: count.default(10),
  schedule: z.enum(SCHEDULE_NAMES).default('cosine'),
  warmupRatio: z.number().min(0).max(1).default(0.1),
  /** Decoupled, on every LoRA matrix. */
  weightDecay: z.number().min(0).default(0.1),
  /** Bound on the global norm of the final gradient. */
  maxGradientNorm: z.number().gt(0).default(1),
  lora: loraSchema.prefault({}),
};

/**
 * Settings of the alignment; defaults are the ones T-Vaccine's reference code writes down (arXiv 2410.09760, section 5.1), but for LoRA's dropout: 0.1
 * there, none here. As its scripts run, that code aligns with alpha 1: its branch for alpha 4 is never reached.
 */
export const alignmentSettings = z.strictObject({ learningRate: z.number().gt(0).default(1e-3), ...shape });

/** Settings of the user's fine-tuning, the same for every defense. Differs from T-Vaccine's reference code: alpha 4 as in alignment (1 there, 0.5 for GSM8K), and no dropout (0.1 there). */
export const attackSettings = z.strictObject({ learningRate: z.number().gt(0).default(1e-5), ...shape });

export type TrainingSettings = z.infer<typeof alignmentSettings>;
export type TrainingSettingsInput = z.input<typeof alignmentSettings>;

/** @throws {ConfigError} listing every setting that is unknown or has a wrong value. */
export function parseTraining(
  schema: typeof alignmentSettings,
  input: TrainingSettingsInput | undefined,
  command: 'align' | 'attack',
): TrainingSettings {
  const hint = `see \`pharmacist ${command} --help\``;
  return parseOptions(schema, input ?? {}, { where: `${command} settings`, hint }) as TrainingSettings;
}

/** `3 epochs`, `150 steps`: as tables name a length. */
export function describeLength(length: TrainingSettings['length']): string {
  return 'epochs' in length
    ? `${length.epochs} ${length.epochs === 1 ? 'epoch' : 'epochs'}`
    : `${length.steps} ${length.steps === 1 ? 'step' : 'steps'}`;
}
