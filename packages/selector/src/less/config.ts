import { z } from 'zod';

const count = z.int().min(1);

/** Options of LESS; where the reference differs, less.ts says so. */
export const lessConfig = z.strictObject({
  /** Which rows a good row's gradient goes along with (trusted rows), or against (harmful rows: the score is the negated cosine). */
  target: z.enum(['validation', 'against-harmful']).default('validation'),
  /** What stands for a pool row: the step that Adam would make on it, or its gradient. */
  type: z.enum(['adam', 'sgd']).default('adam'),
  /** Dimensions that gradients are projected to; 0 takes the exact cosines. */
  projectionDim: z.int().min(0).default(8192),
  /** Draws the projection, apart from the run's seed: the same for every run. */
  projectionSeed: z.int().min(0).default(0),
  /** Share of the pool that the warm-up trains on; a few batches at least. */
  warmupShare: z.number().gt(0).lte(1).default(0.05),
  /** Epochs of the warm-up; gradients are taken after each. */
  epochs: count.default(4),
  loraRank: count.default(8),
  loraAlpha: z.number().gt(0).default(16),
  learningRate: z.number().gt(0).default(1e-3),
  trainBatchSize: count.default(16),
});

export type LessConfig = z.infer<typeof lessConfig>;
