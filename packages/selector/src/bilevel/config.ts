import { z } from 'zod';

const share = z.number().gt(0).lte(1);
const count = z.int().min(1);

/** Options of the bilevel method; defaults are those of the trials described in the package README. */
export const bilevelConfig = z.strictObject({
  /** Optimiser steps of the lower-level run after which a round of influences is taken; one number a round. */
  checkpoints: z
    .array(z.int().min(0))
    .min(1)
    .refine((steps) => steps.every((step, i) => i === 0 || step > steps[i - 1]!), 'expected ascending step numbers')
    .default([0, 40, 120]),
  /**
   * Which influences add up to the score: on validation rows; on them against the pool's mean (`pool`); on them against harmful rows (`contrast`).
   * `pool` was part of the trials' default; what it is worth depends on what the pool is made of (docs/log.md), and where most rows are good it
   * points away from them.
   */
  influences: z
    .array(z.enum(['validation', 'pool', 'contrast']))
    .min(1)
    .default(['validation', 'contrast']),
  /**
   * Weight of a row's words beside its influences (ours): the mean log ratio of its hashed n-grams, trusted rows over pool, as DSIR
   * estimates it. It reads texts only. Both sides are standardised before they are added; 0 leaves it out, and so does pseudo-validation.
   */
  wordWeight: z.number().min(0).default(0.25),
  /** Weight mu of the harmful direction in the contrast: F = L_V - mu L_H. */
  harmfulWeight: z.number().min(0).default(1),
  /** Toxic LoRA: none; init = influences and directions both behind it; shift = directions only. */
  toxic: z.enum(['none', 'init', 'shift']).default('none'),
  toxicSteps: count.default(60),
  /**
   * Steps K of the inner problem that the upper level looks through: its gradients, on validation and on harmful rows, are taken where K - 1 steps of
   * AdamW on the pool lead from the checkpoint; 1 takes them at the checkpoint itself, the one-step approximation. An ablation:
   * 10 ranked worse than 1 (docs/log.md).
   */
  innerSteps: count.default(1),
  /** Where the validation direction comes from: trusted rows, rows of low loss, or trusted rows where there are some. */
  validation: z.enum(['auto', 'trusted', 'pseudo']).default('auto'),
  /** Rows of the pseudo-validation set, and answer tokens each needs at least. */
  pseudoRows: count.default(150),
  pseudoMinTokens: count.default(16),
  /** Rows that estimate the harmful and the pool direction. */
  harmfulRows: count.default(100),
  poolRows: count.default(150),
  /** tabular: every row's own influences. amortised: influences of a sample, and of all rows what a ridge regression on hidden states makes of them. */
  scorer: z.enum(['tabular', 'amortised']).default('tabular'),
  amortisedShare: share.default(0.3),
  /** Share of the layers, from the last one down, whose factors count in directions and influences; the backward pass ends where they do. */
  layerShare: share.default(1),
  loraRank: count.default(8),
  loraAlpha: z.number().gt(0).default(16),
  learningRate: z.number().gt(0).default(1e-3),
  trainBatchSize: count.default(16),
});

export type BilevelConfig = z.infer<typeof bilevelConfig>;
