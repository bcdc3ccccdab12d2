import { memberOf, slices } from '@pharmacist/core';
import { z } from 'zod';
import { defineSelector } from './define-selector.ts';

/** Uniform without replacement: each row's score is a number drawn for its id, so that the order of the file does not matter. */
export const random = defineSelector({
  name: 'random',
  summary: 'uniform draw, the baseline every method must beat',
  source: 'baseline',
  cost: 'none',
  passes: 'none',
  config: z.strictObject({}),
  async fit({ pool, random: stream, signal }) {
    const scores = new Float64Array(pool.length).fill(NaN);
    const rowAt = memberOf(pool);
    for await (const [start, end] of slices(pool.length, { signal })) {
      for (let i = start; i < end; i++) {
        const { id, tokens } = rowAt(i);
        if (tokens.hasTargets) scores[i] = stream.split('row', id).uniform();
      }
    }
    return { scores };
  },
});
