import { NumericError } from '@pharmacist/core';
import type { PooledStates } from '../states/pooled-states.ts';
import type { StateLayer } from '../states/state-layer.ts';
import { complianceAwareScore, complianceDirection } from './compliance.ts';

/** Scores that differ by less are rounding of equal ones, as with one row of each kind, which every layer parts. */
const ROUNDING = 1e-9;

export interface ComplianceLayer {
  readonly layer: StateLayer;
  /** Unit, f64 [D]. */
  readonly direction: Float64Array;
  /** Compliance-aware score of each of the layers that were asked for; 0 where no direction is. */
  readonly layerScores: readonly number[];
}

/**
 * Of some layers that of the largest compliance-aware score, of equal ones the first, and its direction.
 * @param states mean answer states of the refusing rows and then of the compliant ones.
 * @throws {NumericError} if at every layer the two kinds have one mean.
 */
export function complianceLayer(states: PooledStates, layers: readonly StateLayer[], numRefusing: number): ComplianceLayer {
  let best: Omit<ComplianceLayer, 'layerScores'> | undefined;
  let most = -Infinity;
  const layerScores = layers.map((layer) => {
    const all = vectorsOf(states.of(layer, 'answer-mean'), states.hiddenSize);
    const [refusing, compliant] = [all.slice(0, numRefusing), all.slice(numRefusing)];
    const direction = complianceDirection(compliant, refusing);
    if (direction === undefined) return 0;
    const score = complianceAwareScore(compliant, refusing, direction);
    if (score > most + ROUNDING) [most, best] = [score, { layer, direction }];
    return score;
  });
  if (best !== undefined) return { ...best, layerScores };
  throw new NumericError('trusted and harmful answers have the same mean state, and no direction leads from one to the other', {
    where: 'method datashield',
    hint: 'check that --validation and --harmful name files of different rows',
  });
}

function vectorsOf(data: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: data.length / size }, (_, i) => data.subarray(i * size, (i + 1) * size));
}
