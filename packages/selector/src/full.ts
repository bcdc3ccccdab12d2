import { z } from 'zod';
import { defineSelector } from './define-selector.ts';

/** No preference: every row that teaches something scores 0, and whoever cuts the ranking keeps all of it. */
export const full = defineSelector({
  name: 'full',
  summary: 'no selection: keeps every row',
  source: 'baseline',
  cost: 'none',
  passes: 'none',
  config: z.strictObject({}),
  async fit({ pool }) {
    return { scores: new Float64Array(pool.length) };
  },
});
