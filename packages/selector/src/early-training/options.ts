import { z } from 'zod';

/** Options that EL2N and GraNd share. */
export const earlyTrainingConfig = z.strictObject({
  /** Short runs whose values are averaged, each with a LoRA and an order of rows of its own. */
  runs: z.int().min(1).default(3),
  /** Steps of each; 0 reads the base model. */
  steps: z.int().min(0).default(40),
  /** Which end of the values is best; the paper keeps the hardest rows. */
  order: z.enum(['highest', 'lowest']).default('highest'),
  /** Share of the rows, those of the very highest values, that goes last after all: noisy labels are there. */
  skipHighest: z.number().min(0).lt(1).default(0),
  loraRank: z.int().min(1).default(8),
  loraAlpha: z.number().gt(0).default(16),
  learningRate: z.number().gt(0).default(1e-3),
  trainBatchSize: z.int().min(1).default(16),
});

export type EarlyTrainingConfig = z.infer<typeof earlyTrainingConfig>;
