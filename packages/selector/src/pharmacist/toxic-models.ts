import { createAdapter, type MergedModel, type TokenizedRow } from '@pharmacist/language-model';
import type { Random } from '@pharmacist/core';
import { rowsWithTargets } from '../gradients/directions.ts';
import { trainShortRun } from '../gradients/short-run.ts';
import { type SelectionContext, tokensOf } from '../selector.ts';
import type { PharmacistConfig } from './config.ts';

/**
 * The model with a toxic LoRA merged in, the parameter increment an attack would add; `toxicLoras` of them, each from a start of its own and trained on a
 * part of its own of the harmful rows (fewer if there are fewer rows). The caller disposes of them.
 */
export async function toxicModels(context: SelectionContext, config: PharmacistConfig): Promise<MergedModel[]> {
  const { model, random } = context;
  const { loraRank: rank, loraAlpha: alpha } = config;
  const models: MergedModel[] = [];
  try {
    for (const [index, rows] of disjointParts(rowsWithTargets(tokensOf(context.harmful)), config.toxicLoras, random).entries()) {
      // The first keeps the names that a single one has.
      const labels = index === 0 ? [] : [index];
      const adapter = createAdapter(model.config, { rank, alpha }, random.split('toxic adapter', ...labels).integer(2 ** 31));
      await trainShortRun(context, {
        adapter,
        rows,
        numSteps: config.toxicSteps,
        batchSize: config.trainBatchSize,
        learningRate: config.learningRate,
        name: ['toxic', ...labels].join('-'),
        phase: 'Toxic LoRA: short run on harmful rows',
        random: random.split('toxic', ...labels),
      });
      models.push(await model.merged(adapter));
    }
    return models;
  } catch (error) {
    for (const merged of models) await merged.dispose();
    throw error;
  }
}

/** The rows in `count` parts of sizes that differ by at most one, none of them empty; a single part keeps the rows' order. */
export function disjointParts(rows: readonly TokenizedRow[], count: number, random: Random): TokenizedRow[][] {
  const numParts = Math.min(count, rows.length);
  if (numParts <= 1) return [[...rows]];
  const order = random.split('toxic parts').permutation(rows.length);
  return Array.from({ length: numParts }, (_, part) => order.filter((__, place) => place % numParts === part).map((row) => rows[row]!));
}
