import { defineSelector } from '../define-selector.ts';
import { shortRunWork } from '../gradients/short-run.ts';
import { tokensOf } from '../selector.ts';
import { averageOverRuns } from './average-over-runs.ts';
import { difficultyScores } from './difficulty-scores.ts';
import { meanErrorNorms } from './error-norms.ts';
import { earlyTrainingConfig } from './options.ts';

/**
 * EL2N, the error L2 norm (Paul et al. 2021, arXiv 2107.07075, section 2): the expectation, over runs, of |softmax(logits) - onehot|_2 early
 * in training. It keeps the rows with the largest. For answers of many tokens (ours): the mean over the answer's tokens.
 *
 * Cost: for each run `steps` training steps and one forward pass over the pool.
 *
 * Deviations: a LoRA on a trained model stands for a network from scratch, so that runs differ by its start and by the order of rows; 3 runs
 * of 40 steps for 10 of ten to twenty epochs; an offset of the highest, which the paper skips where labels are noisy, is `skipHighest`.
 */
export const el2n = defineSelector({
  name: 'el2n',
  summary: "mean norm of the prediction's error on answer tokens, early in training: hardest rows first",
  source: 'arXiv 2107.07075, section 2',
  cost: 'forward',
  passes: '3 short runs and 3 forward passes',
  work: (config) => [{ work: 'forward' }, ...(config.steps > 0 ? [shortRunWork(config)] : [])],
  // Short runs train on a list of all rows.
  rowBytes: () => 400,
  config: earlyTrainingConfig,
  async fit(context, config) {
    const rows = tokensOf(context.pool);
    // Without a step every LoRA leaves the base model as it is.
    const runs = config.steps === 0 ? 1 : config.runs;
    const means = await averageOverRuns(context, { ...config, runs }, 'el2n', async ({ adapter, name, title }) => ({
      ...(await meanErrorNorms(context, { adapter, rows, name, phase: `${title}: errors of all rows` })),
    }));
    return { scores: difficultyScores(means['el2n']!, config), columns: means };
  },
});
