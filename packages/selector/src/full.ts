import { z } from 'zod';
import { defineSelector } from './define-selector.ts';

/** No preference: every row that teaches something scores 0, so that a keep ratio of 1 is the full set. */
export const full = defineSelector({
  name: 'full',
  summary: 'no selection; use with --keep 1',
  source: 'baseline',
  cost: 'none',
  passes: 'none',
  config: z.strictObject({}),
  async fit({ pool }) {
    return { scores: new Float64Array(pool.length) };
  },
});
