import { readFileSync } from 'node:fs';

import { goldenPath } from './paths.ts';

/** The schedules of `golden/tensor-kernels/optim/`, spelled as in the file names. */
export const scheduleNames = ['cosine', 'linear', 'constant', 'constant-with-warmup'] as const;

export type ScheduleName = (typeof scheduleNames)[number];

export interface OptimiserStep {
  /** The rate this step used. */
  learningRate: number;
  /** Global L2 norm of `gradients`, before clipping. */
  gradientNorm: number;
  /** Flat values by parameter name; shapes are in the golden's `shapes`. */
  gradients: Record<string, number[]>;
  /** Flat values after the step. */
  parameters: Record<string, number[]>;
}

/** float64 trajectory of torch.optim.AdamW with clip_grad_norm_ under one schedule. */
export interface OptimiserGolden {
  optimiser: {
    name: 'adamw';
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    maxGradientNorm: number;
  };
  schedule: { name: string; warmupRatio: number; warmupSteps: number; totalSteps: number };
  shapes: Record<string, number[]>;
  initial: Record<string, number[]>;
  steps: OptimiserStep[];
}

/** Reads the trajectory under one schedule. @throws Error if the file is missing or not JSON. */
export function readOptimiserGolden(schedule: ScheduleName): OptimiserGolden {
  return JSON.parse(readFileSync(goldenPath('tensor-kernels', 'optim', `adamw-${schedule}.json`), 'utf8')) as OptimiserGolden;
}
