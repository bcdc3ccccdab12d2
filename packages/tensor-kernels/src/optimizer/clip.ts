import { NumericError } from '@pharmacist/core';
import type { ParameterMap } from './adamw.ts';

/** Square root of the sum of squares over all arrays, in f64. */
export function globalNorm(gradients: ParameterMap): number {
  let sum = 0;
  for (const gradient of gradients.values()) {
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  }
  return Math.sqrt(sum);
}

/**
 * Scales all gradients in place by min(1, maxNorm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ does.
 * @returns the norm before clipping. @throws {NumericError} if it is NaN or infinite.
 */
export function clipByGlobalNorm(gradients: ParameterMap, maxNorm: number): number {
  const norm = globalNorm(gradients);
  if (!Number.isFinite(norm)) throw new NumericError(`the gradient norm is ${norm}`);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) {
    for (const gradient of gradients.values()) for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale;
  }
  return norm;
}
