export const SCHEDULE_NAMES = ['constant', 'constant-with-warmup', 'linear', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULE_NAMES)[number];

export interface ScheduleOptions {
  name: ScheduleName;
  /** Peak learning rate. */
  learningRate: number;
  numSteps: number;
  /** Share of the steps that warm up linearly from 0, rounded up. `constant` ignores it, as the Hugging Face Trainer does. */
  warmupRatio?: number;
}

/**
 * Learning rate of step `step` (0-based), as transformers.get_scheduler gives it:
 * warm-up lr * step / warmupSteps; then constant, or linear to 0 at numSteps, or lr (1 + cos(pi progress)) / 2.
 */
export function learningRateAt(step: number, { name, learningRate, numSteps, warmupRatio = 0 }: ScheduleOptions): number {
  if (name === 'constant') return learningRate;
  const warmupSteps = Math.ceil(warmupRatio * numSteps);
  if (step < warmupSteps) return (learningRate * step) / Math.max(1, warmupSteps);
  if (name === 'constant-with-warmup') return learningRate;
  const remaining = Math.max(1, numSteps - warmupSteps);
  if (name === 'linear') return learningRate * Math.max(0, (numSteps - step) / remaining);
  return learningRate * Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmupSteps)) / remaining)));
}
