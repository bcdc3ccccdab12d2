import { normalise } from '../states/cosines-with.ts';

/** Below this share of the means' own lengths their difference is rounding. */
const ROUNDING = 1e-5;
/** Below this share of its mean the spread of a feature is rounding. */
const FLAT = 1e-6;

/** v = unit(mean of the compliant states - mean of the refusing ones), f64 [D]; undefined where the two means are one. */
export function complianceDirection(compliant: readonly Float32Array[], refusing: readonly Float32Array[]): Float64Array | undefined {
  const [to, from] = [meanVector(compliant), meanVector(refusing)];
  const difference = to.map((value, d) => value - from[d]!);
  const length = (vector: Float64Array) => Math.sqrt(dot(vector, vector));
  return length(difference) > ROUNDING * Math.max(length(to), length(from)) ? normalise(difference) : undefined;
}

/**
 * The compliance-aware score v' S_b v / v' S_t v, from 0 to 1: the share of the scatter along v, of states standardised by feature, that lies between
 * the two classes. Both scatters are along one direction, so that a number a state, its projection, is all they need. Features without spread, but for the rounding of f32, are 0.
 */
export function complianceAwareScore(
  compliant: readonly Float32Array[],
  refusing: readonly Float32Array[],
  direction: Float64Array,
): number {
  const all = [...compliant, ...refusing];
  const mean = meanVector(all);
  const deviation = mean.map((centre, d) => Math.sqrt(all.reduce((sum, state) => sum + (state[d]! - centre) ** 2, 0) / all.length));
  // The states are centred, so that the projections' own mean is 0.
  const project = (state: Float32Array) =>
    direction.reduce(
      (sum, v, d) => sum + (deviation[d]! > FLAT * Math.abs(mean[d]!) ? (v * (state[d]! - mean[d]!)) / deviation[d]! : 0),
      0,
    );
  const classes = [compliant.map(project), refusing.map(project)];
  const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const between = sumOf(classes.map((projections) => sumOf(projections) ** 2 / projections.length));
  const total = sumOf(classes.flat().map((projection) => projection ** 2));
  return total > 0 ? between / total : 0;
}

/** <x, v>, for v of length 1 the projection of x on it. */
export function dot(x: Float32Array | Float64Array, v: Float64Array): number {
  return v.reduce((sum, value, d) => sum + value * x[d]!, 0);
}

function meanVector(states: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(states[0]!.length);
  for (const state of states) for (let d = 0; d < mean.length; d++) mean[d]! += state[d]! / states.length;
  return mean;
}
