import { influencesOf } from '../gradients/influences.ts';
import { shortRunWork } from '../gradients/short-run.ts';
import { defineSelector } from '../define-selector.ts';
import { tokensOf } from '../selector.ts';
import { averageOverRuns } from './average-over-runs.ts';
import { difficultyScores } from './difficulty-scores.ts';
import { earlyTrainingConfig } from './options.ts';

/**
 * GraNd, the gradient norm (Paul et al. 2021, arXiv 2107.07075, section 2): the expectation, over runs, of the norm of a row's loss
 * gradient early in training. It keeps the rows with the largest. Ours: the gradient of the row's mean answer loss by the LoRA.
 *
 * Cost: for each run `steps` training steps and one forward and one backward pass over the pool.
 *
 * Deviations: those of el2n.ts; the gradient by the LoRA stands for that by all parameters. At 0 steps it is that by the LoRA's second
 * factors alone, since those of the first vanish.
 */
export const grand = defineSelector({
  name: 'grand',
  summary: "norm of a row's gradient, early in training: hardest rows first",
  source: 'arXiv 2107.07075, section 2',
  cost: 'gradients',
  passes: '3 short runs and 3 forward + 3 backward passes',
  work: (config) => [{ work: 'influences', loraRank: config.loraRank }, ...(config.steps > 0 ? [shortRunWork(config)] : [])],
  config: earlyTrainingConfig,
  async fit(context, config) {
    const means = await averageOverRuns(context, config, 'grand', async ({ adapter, name, title }) => {
      const { gradientNorm, loss } = await influencesOf(context, {
        model: context.model,
        adapter,
        rows: tokensOf(context.pool),
        directions: {},
        name,
        phase: `${title}: gradient norms of all rows`,
      });
      return { grand: gradientNorm, loss };
    });
    return { scores: difficultyScores(means['grand']!, config), columns: means };
  },
});
