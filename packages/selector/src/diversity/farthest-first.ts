import type { SelectionContext } from '../selector.ts';
import { greedySteps } from './greedy-steps.ts';
import type { StateVectors } from './state-vectors.ts';
import { squaredDistance } from './vector-arithmetic.ts';

/**
 * Farthest-first traversal (k-center greedy): the vector nearest to the mean, then always the one farthest from all picked so far, the first of
 * equals.
 * @returns each vector's distance to those picked before it, f64 [M]; of those not among the `numPicks`, to all picked. It does not rise along
 * the picks. The first has twice the second's: no distance is greater, and it is 0 where all are equal.
 */
export async function farthestFirst(context: SelectionContext, vectors: StateVectors, numPicks: number): Promise<Float64Array> {
  const { size, data, indices } = vectors;
  const count = indices.length;
  const mean = new Float64Array(size);
  for (let i = 0; i < count; i++) for (let d = 0; d < size; d++) mean[d]! += data[i * size + d]! / count;
  // Both hold squares until the end.
  const nearest = new Float64Array(count).fill(Infinity);
  const insertion = new Float64Array(count).fill(NaN);
  await greedySteps(context, {
    name: 'picks',
    phase: 'Picks of the farthest row',
    unit: 'rows',
    total: Math.min(numPicks, count),
    values: { nearest, insertion },
    step(number) {
      const pick = number === 0 ? nearestTo(mean, data, count) : farthest(nearest, insertion);
      insertion[pick] = nearest[pick]!;
      const picked = Float64Array.from(data.subarray(pick * size, (pick + 1) * size));
      for (let i = 0; i < count; i++) {
        if (Number.isNaN(insertion[i])) nearest[i] = Math.min(nearest[i]!, squaredDistance(data, i, picked, nearest[i]));
      }
      return true;
    },
  });
  const distances = insertion.map((value, i) => Math.sqrt(Number.isNaN(value) ? nearest[i]! : value));
  const radius = distances.reduce((most, value) => (value === Infinity ? most : Math.max(most, value)), 0);
  return distances.map((value) => (value === Infinity ? 2 * radius : value));
}

function nearestTo(point: Float64Array, data: Float32Array, count: number): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const value = squaredDistance(data, i, point);
    if (value < least) [best, least] = [i, value];
  }
  return best;
}

/** The first of the greatest among those not inserted. */
function farthest(nearest: Float64Array, insertion: Float64Array): number {
  let best = -1;
  for (let i = 0; i < nearest.length; i++) {
    if (Number.isNaN(insertion[i]) && (best < 0 || nearest[i]! > nearest[best]!)) best = i;
  }
  return best;
}
