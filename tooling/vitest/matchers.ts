/** Numeric matchers shared by every package's tests. */

import type {} from 'vitest';

export interface Tolerance {
  /** Allowed error relative to the expected value's magnitude. */
  rtol: number;
  /** Allowed absolute error. */
  atol: number;
}

/** Tolerance presets; docs/numerics.md says where each comes from. Anything looser carries its reason on the line. */
export const F32_FORWARD: Tolerance = { rtol: 1e-5, atol: 1e-6 };
export const F32_GRAD: Tolerance = { rtol: 1e-4, atol: 1e-5 };
export const ENGINE_PARITY: Tolerance = { rtol: 1e-4, atol: 1e-5 };

/**
 * The numpy rule, element by element: |got - expected| <= atol + rtol * |expected|. A NaN equals nothing; an infinity equals only
 * itself. The failure names the worst element and both error measures.
 */
export function toBeAllclose(received: ArrayLike<number>, expected: ArrayLike<number>, { rtol, atol }: Tolerance) {
  if (received.length !== expected.length) {
    return { pass: false, message: () => `expected ${expected.length} elements, got ${received.length}` };
  }
  let worstIndex = -1;
  let worstExcess = -Infinity;
  let maxAbsolute = 0;
  let maxRelative = 0;
  for (let i = 0; i < expected.length; i++) {
    const got = received[i]!;
    const want = expected[i]!;
    if (got === want) continue;
    const error = Math.abs(got - want);
    const excess = Number.isFinite(error) ? error - (atol + rtol * Math.abs(want)) : Infinity;
    maxAbsolute = Math.max(maxAbsolute, error);
    maxRelative = Math.max(maxRelative, error / Math.abs(want));
    if (excess > worstExcess) {
      worstExcess = excess;
      worstIndex = i;
    }
  }
  const pass = !(worstExcess > 0);
  return {
    pass,
    message: () =>
      worstIndex < 0
        ? 'the arrays are identical'
        : `worst of ${expected.length} elements at index ${worstIndex}: got ${received[worstIndex]}, expected ${expected[worstIndex]} ` +
          `(max abs error ${maxAbsolute.toExponential(2)}, max rel error ${maxRelative.toExponential(2)}, rtol ${rtol}, atol ${atol})`,
  };
}

declare module 'vitest' {
  interface Matchers<T> {
    toBeAllclose(expected: ArrayLike<number>, tolerance: Tolerance): T;
  }
}
