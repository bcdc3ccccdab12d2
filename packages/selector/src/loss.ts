import { z } from 'zod';
import { meanLosses } from './mean-losses.ts';
import { defineSelector } from './selector.ts';
import { sinkUnscored } from './standardise.ts';

const config = z.strictObject({
  /** Which end of the losses is best. */
  order: z.enum(['lowest', 'highest']).default('lowest'),
});

/** Mean answer NLL under the base model: perplexity filtering, since perplexity is its exponential. One forward pass a row. */
export const loss = defineSelector({
  name: 'loss',
  summary: 'mean answer loss of the base model, lowest or highest first',
  source: 'baseline (perplexity of the answer given the prompt)',
  cost: 'forward',
  needs: [],
  config,
  async fit(context, { order }) {
    const sign = order === 'lowest' ? -1 : 1;
    const score = async (rows: typeof context.pool) => {
      const losses = await meanLosses(
        rows.map(({ tokens }) => tokens),
        context,
        'Losses of the base model',
      );
      return { losses, scores: sinkUnscored(losses.map((value) => sign * value)) };
    };
    const { losses, scores } = await score(context.pool);
    return { scores, columns: { loss: losses }, score: async (rows) => (await score(rows)).scores };
  },
});
