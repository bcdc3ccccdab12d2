import { z } from 'zod';
import { defineSelector } from './selector.ts';
import { sinkUnscored } from './standardise.ts';

/** Uniform without replacement: each row's score is a number drawn for its id, so that the order of the file does not matter. */
export const random = defineSelector({
  name: 'random',
  summary: 'uniform draw, the baseline every method must beat',
  source: 'baseline',
  cost: 'none',
  config: z.strictObject({}),
  async fit({ pool, random: stream }) {
    const scores = Float64Array.from(pool, ({ id, tokens }) => (tokens.hasTargets ? stream.split('row', id).uniform() : NaN));
    return { scores: sinkUnscored(scores), columns: {} };
  },
});
