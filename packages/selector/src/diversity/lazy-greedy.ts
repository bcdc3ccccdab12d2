import type { SelectionContext } from '../selector.ts';
import { greedySteps } from './greedy-steps.ts';
import type { Similarities } from './similarities.ts';

/** Gains of rows, as shares of the most there is to gain: 1 where a row is like every anchor. f64 [M] each. */
export interface Coverage {
  /** Gain at the pick; NaN for rows that were not picked. */
  readonly gains: Float64Array;
  /** Gain as the first pick. */
  readonly alone: Float64Array;
}

/** Rows whose first gain is taken in one step. */
const ROWS_A_STEP = 256;

/** Below this share nothing is gained but rounding. */
const VANISHED = 1e-6;

/**
 * Greedy maximisation of the facility location f(S) = sum over anchors a of max(0, max_{i in S} similarity(i, a)), by lazy evaluation (Minoux
 * 1978): a gain never rises as S grows, so a row whose last known gain is beaten need not be looked at again. Exact; equal gains in order of
 * index. Ends when gains vanish.
 */
export async function lazyGreedy(context: SelectionContext, similarities: Similarities): Promise<Coverage> {
  const { numRows, numAnchors } = similarities;
  const alone = new Float64Array(numRows);
  const best = new Float64Array(numAnchors);
  const gainOf = (row: number) => {
    const values = similarities.of(row);
    let sum = 0;
    for (let a = 0; a < numAnchors; a++) sum += Math.max(0, values[a]! - best[a]!);
    return sum / numAnchors;
  };
  await greedySteps(context, {
    name: 'alone',
    phase: 'Similarities of rows and anchors',
    unit: 'steps',
    total: Math.ceil(numRows / ROWS_A_STEP),
    values: { alone },
    step(number) {
      for (let i = number * ROWS_A_STEP; i < Math.min(numRows, (number + 1) * ROWS_A_STEP); i++) alone[i] = gainOf(i);
      return true;
    },
  });

  const gains = new Float64Array(numRows).fill(NaN);
  const bounds = alone.slice();
  // The pick for which a bound was last made exact.
  const exactAt = new Int32Array(numRows);
  await greedySteps(context, {
    name: 'picks',
    phase: 'Picks of the row that covers most',
    unit: 'rows',
    total: numRows,
    values: { gains, bounds, exactAt, best },
    step(number) {
      let pick = greatest(bounds);
      while (exactAt[pick] !== number) {
        bounds[pick] = gainOf(pick);
        exactAt[pick] = number;
        pick = greatest(bounds);
      }
      if (bounds[pick]! < VANISHED) return false;
      gains[pick] = bounds[pick]!;
      bounds[pick] = -Infinity;
      const values = similarities.of(pick);
      for (let a = 0; a < numAnchors; a++) best[a] = Math.max(best[a]!, values[a]!);
      return true;
    },
  });
  return { gains, alone };
}

/** The first of the greatest. A scan of the rows is of the order of the gain it is followed by, so a heap would save little. */
function greatest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
