import { readRows } from '@pharmacist/data-io';
import { SELECT_DEFAULTS } from '@pharmacist/experiment';
import { createAdapter, fineTune, type LanguageModel, promptTemplate, type TokenizedRow, tokenizeRow } from '@pharmacist/language-model';

/** Rows of a training step of the yardstick, and of a scoring batch beside it. */
export const BATCH_SIZE = 16;

/** The rows of a pool that teach anything, tokenised as `select` does by default. */
export async function trainingRows(model: LanguageModel, path: string): Promise<TokenizedRow[]> {
  const template = promptTemplate(SELECT_DEFAULTS.template, model.tokenizer);
  const { rows } = await readRows(path);
  return rows.map((row) => tokenizeRow(row, model.tokenizer, template, SELECT_DEFAULTS.maxLength)).filter(({ hasTargets }) => hasTargets);
}

/** The yardstick of what selection costs: one epoch of plain LoRA fine-tuning, rank 8. */
export async function trainOneEpoch(model: LanguageModel, rows: readonly TokenizedRow[]): Promise<void> {
  await fineTune({
    model,
    adapter: createAdapter(model.config, { rank: 8, alpha: 16 }, 'bench'),
    rows,
    batchSize: BATCH_SIZE,
    length: { epochs: 1 },
    maxLength: SELECT_DEFAULTS.maxLength,
    learningRate: 1e-3,
    seed: 0,
  });
}
