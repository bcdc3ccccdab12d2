import { createAdapter, type MergedModel } from '@pharmacist/language-model';
import { trainShortRun } from '../gradients/short-run.ts';
import type { SelectionContext } from '../selector.ts';
import { inHashOrder } from '../states/anchor-rows.ts';
import type { BilevelConfig } from './config.ts';

/** The model with a toxic LoRA merged in, the parameter increment an attack would add: a short run on the harmful rows. The caller disposes of it. */
export async function toxicModel(context: SelectionContext, config: BilevelConfig): Promise<MergedModel> {
  const { model, harmful, random } = context;
  const { loraRank: rank, loraAlpha: alpha } = config;
  const adapter = createAdapter(model.config, { rank, alpha }, random.split('toxic adapter').integer(2 ** 31));
  await trainShortRun(context, {
    adapter,
    rows: inHashOrder(harmful),
    numSteps: config.toxicSteps,
    batchSize: config.trainBatchSize,
    learningRate: config.learningRate,
    name: 'toxic',
    phase: 'Toxic LoRA: short run on harmful rows',
    random: random.split('toxic'),
  });
  return await model.merged(adapter);
}
