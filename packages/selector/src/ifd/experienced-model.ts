import { DataError } from '@pharmacist/core';
import { createAdapter, type MergedModel } from '@pharmacist/language-model';
import { z } from 'zod';
import { trainShortRun } from '../gradients/short-run.ts';
import { promptTexts } from '../prompt-texts.ts';
import { rowFeatures } from '../row-features.ts';
import { type SelectionContext, tokensOf } from '../selector.ts';
import { middleOfClusters } from './prompt-clusters.ts';

const count = z.int().min(1);

/** Options of the short run before scoring; the first two are the paper's, the others those of our short runs. */
export const experienceOptions = {
  clusters: count.default(100),
  rowsPerCluster: count.default(10),
  experienceEpochs: count.default(1),
  loraRank: count.default(8),
  loraAlpha: z.number().gt(0).default(16),
  learningRate: z.number().gt(0).default(1e-3),
  trainBatchSize: count.default(16),
} as const;

export type ExperienceOptions = z.infer<z.ZodObject<typeof experienceOptions>>;

/** Prompts that are clustered at most: 1,000 rows are wanted of them, and their states must fit in memory. */
const CLUSTERED_ROWS = 20_000;

/**
 * The "pre-experienced" model of IFD (arXiv 2308.12032, section 2.1): K-means on mean final hidden states of prompts, a few rows of middling
 * prompt perplexity from each cluster, and a short supervised run on them; here with LoRA, merged into the base model.
 * @throws {DataError} if no prompt has two tokens.
 */
export async function experiencedModel(context: SelectionContext, options: ExperienceOptions): Promise<MergedModel> {
  const { model } = context;
  const random = context.random.split('experience');
  const rows = tokensOf(context.pool);
  const prompts = promptTexts(rows);
  const usable = prompts.flatMap(({ hasTargets }, index) => (hasTargets ? [index] : []));
  if (usable.length === 0) {
    throw new DataError('no row with an answer has a prompt of two tokens', {
      where: 'alignment',
      hint: 'prompts cannot be clustered: leave out experienced=true',
    });
  }
  const drawn = random
    .split('sample')
    .sample(usable.length, CLUSTERED_ROWS)
    .map((place) => usable[place]!)
    .sort((i, j) => i - j);
  // Of a text that is all target the answer is the prompt.
  const { answer, loss, hiddenSize } = await rowFeatures(context, {
    rows: drawn.map((index) => prompts[index]!),
    name: 'prompt-features',
    phase: 'Experience: hidden states of prompts',
  });
  const states = drawn.map((_, i) => answer.subarray(i * hiddenSize, (i + 1) * hiddenSize));
  const chosen = await middleOfClusters(states, loss, { ...options, random: random.split('clusters'), signal: context.signal });
  const { loraRank: rank, loraAlpha: alpha, trainBatchSize: batchSize, learningRate } = options;
  const adapter = createAdapter(model.config, { rank, alpha, baseModelName: model.name }, random.split('adapter').integer(2 ** 31));
  await trainShortRun(context, {
    adapter,
    rows: chosen.map((place) => rows[drawn[place]!]!),
    numSteps: options.experienceEpochs * Math.ceil(chosen.length / batchSize),
    batchSize,
    learningRate,
    name: 'experience',
    phase: 'Experience: short run on rows of all clusters',
    random: random.split('run'),
  });
  context.note('experience', { rows: chosen.length });
  return await model.merged(adapter);
}
