import { NumericError } from '@pharmacist/core';

/**
 * A measurement of wrong results is worth nothing: every suite checks its results against a second way before it times them.
 * @throws {NumericError} if the relative difference exceeds `rtol`.
 */
export function assertClose(what: string, actual: number, expected: number, rtol: number): void {
  const error = Math.abs(actual - expected) / Math.abs(expected);
  if (!(error <= rtol)) {
    throw new NumericError(`${what}: ${actual} and ${expected} differ by ${error.toExponential(1)}, more than ${rtol}`, {
      where: 'bench, check before timing',
      hint: 'run the tests of tensor-kernels and language-model: one of the two computes something else',
    });
  }
}
