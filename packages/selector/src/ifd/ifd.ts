import { z } from 'zod';
import { defineSelector } from '../define-selector.ts';
import { shortRunWork } from '../gradients/short-run.ts';
import { type PoolRow, type SelectionContext, tokensOf } from '../selector.ts';
import { experienceOptions, experiencedModel } from './experienced-model.ts';
import { type AnswerLosses, answerLosses, followingScores } from './following.ts';

const config = z.strictObject({
  /** Rows whose prompt makes their answer less likely go after all others. */
  dropAboveOne: z.boolean().default(true),
  /** Score with a model that was first trained on a few rows of every kind of prompt, instead of the base model. */
  experienced: z.boolean().default(false),
  ...experienceOptions,
});

/**
 * Instruction-following difficulty, Cherry LLM (arXiv 2308.12032, section 2): how much of an answer's loss remains once its prompt is given.
 *
 *   IFD(Q, A) = s(A|Q) / s(A)      s(A|Q) = mean NLL of the answer's tokens after the prompt (`prompted`), s(A) = after the template's
 *                                  end alone (`unprompted`); a ratio of mean losses, not of perplexities
 *
 * Highest first; above 1 the pair does not fit and is dropped. The base model scores (the author: fine in practice), or with `experienced` a
 * model after a short run on rows of all clusters of prompts (experienced-model.ts).
 *
 * Cost: two forward passes, of rows and of answers; `experienced` adds one over at most 20,000 prompts and a short run.
 * Deviations: dropped rows keep a rank; both losses are over the same answer tokens, wherever a row is cut, and cut rows stay; s(A) follows
 * the end of the run's own template.
 */
export const ifd = defineSelector({
  name: 'ifd',
  summary: 'instruction-following difficulty: answer loss with the prompt over answer loss without it, highest up to 1 first',
  source: 'arXiv 2308.12032',
  cost: 'forward',
  passes: '2 forward passes (the second over answers alone)',
  work: (options) => [{ work: 'forward' }, ...(options.experienced ? [shortRunWork(options)] : [])],
  // With experience, mean states of all prompts are clustered.
  rowBytes: ({ experienced }, { hiddenSize }) => 160 + (experienced ? 400 + 16 * hiddenSize : 0),
  config,
  async fit(context, options) {
    if (!options.experienced) {
      const ratiosOf = async (rows: readonly PoolRow[]) => difficulties(await answerLosses(context, tokensOf(rows)));
      return {
        ...(await rank(context, options)),
        score: async (rows) => followingScores(await ratiosOf(rows), options),
      };
    }
    const { model, dispose } = await experiencedModel(context, options);
    try {
      return await rank({ ...context, model }, options);
    } finally {
      await dispose();
    }
  },
});

async function rank(context: SelectionContext, options: z.infer<typeof config>) {
  const losses = await answerLosses(context, tokensOf(context.pool), 'losses');
  const ratios = difficulties(losses);
  return {
    scores: followingScores(ratios, options),
    columns: { ifd: ratios, loss: losses.prompted, loss_without_prompt: losses.unprompted },
  };
}

/** Below the least loss of f32 that is not 0: an answer that is certain without its prompt has a finite ratio. */
const LEAST_LOSS = 1e-12;

function difficulties({ prompted, unprompted }: AnswerLosses): Float64Array {
  return prompted.map((loss, i) => loss / Math.max(unprompted[i]!, LEAST_LOSS));
}
