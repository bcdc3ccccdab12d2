import { z } from 'zod';
import { defineSelector } from '../define-selector.ts';
import { farthestFirst } from './farthest-first.ts';
import { inPool, partOption, stateVectors } from './state-vectors.ts';

const config = z.strictObject({
  part: partOption.default('both'),
  /** Picks at most; the rows that are left follow by their distance to the picked ones. */
  numPicks: z.int().min(1).default(20_000),
});

/**
 * K-center greedy, the core-set of Sener & Savarese (arXiv 1708.00489, section 4.1, algorithm 1) on mean hidden states of the base model.
 *
 *   pick u = argmax_i min_{j picked} |x_i - x_j|      x = unit mean state of the row's `part` (state-vectors.ts)
 *
 * The score is the distance at which a row was picked, so that the ranking is the order of the picks. The first k picks cover all rows within
 * twice the least radius that k centres can (Gonzalez 1985).
 *
 * Cost: one forward pass, then N * numPicks distances of 2 D components (D for one part); memory 16 D bytes a row. Deviations: the start is the
 * row nearest to the mean instead of given labels; no mixed-integer refinement.
 */
export const kCenter = defineSelector({
  name: 'k-center',
  summary: 'diversity: always the row whose mean hidden state is farthest from all picked so far',
  source: 'arXiv 1708.00489, algorithm 1',
  cost: 'forward',
  passes: '1 forward pass; N² distances up to 20,000 picks',
  // States as they are read, and as unit vectors.
  rowBytes: (_, { hiddenSize }) => 128 + 16 * hiddenSize,
  config,
  async fit(context, { part, numPicks }) {
    const vectors = await stateVectors(context, part);
    const distances = inPool(await farthestFirst(context, vectors, numPicks), vectors, context.pool.length);
    return { scores: distances, columns: { insertion_distance: distances } };
  },
});
