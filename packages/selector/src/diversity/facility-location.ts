import { z } from 'zod';
import { defineSelector } from '../define-selector.ts';
import { lazyGreedy } from './lazy-greedy.ts';
import { cosines } from './similarities.ts';
import { inPool, partOption, stateVectors } from './state-vectors.ts';

const config = z.strictObject({
  part: partOption.default('both'),
  /** Rows of the pool that stand for it, drawn; all rows if there are no more. */
  numAnchors: z.int().min(1).default(2000),
});

/**
 * Facility location on mean hidden states of the base model (submodular data selection, Wei, Iyer & Bilmes, ICML 2015): rows that together
 * resemble all others most.
 *
 *   f(S) = mean over anchors a of max(0, max_{i in S} cos(x_i, x_a))      x = unit mean state of the row's `part` (state-vectors.ts)
 *
 * The score is the marginal gain f(S + i) - f(S) at a row's pick, so that the ranking is the greedy order, whose first k rows reach at least
 * 1 - 1/e of the best f of k rows (Nemhauser 1978). Where nothing is left to gain, rows follow by what they cover alone, f({i}) - 1.
 *
 * Cost: one forward pass, then N * numAnchors cosines and those that lazy evaluation asks for again; memory 16 D bytes a row and 200 MB of
 * cosines, never N x N. With more rows than anchors f is an estimate from a sample, and about numAnchors picks exhaust it.
 */
export const facilityLocation = defineSelector({
  name: 'facility-location',
  summary: 'diversity: always the row that makes the picked ones resemble all rows most, by mean hidden states',
  source: 'Wei, Iyer & Bilmes, ICML 2015',
  cost: 'forward',
  passes: '1 forward pass; N × 2,000 cosines and those asked for again',
  // States as they are read, and as unit vectors.
  rowBytes: (_, { hiddenSize }) => 128 + 16 * hiddenSize,
  config,
  async fit(context, { part, numAnchors }) {
    const vectors = await stateVectors(context, part);
    const anchors = context.random.split('anchors').sample(vectors.indices.length, numAnchors);
    const { gains, alone } = await lazyGreedy(context, cosines(vectors, anchors));
    const column = (values: Float64Array) => inPool(values, vectors, context.pool.length);
    return {
      scores: column(gains.map((gain, i) => (Number.isNaN(gain) ? alone[i]! - 1 : gain))),
      columns: { coverage_gain: column(gains), coverage_alone: column(alone) },
    };
  },
});
