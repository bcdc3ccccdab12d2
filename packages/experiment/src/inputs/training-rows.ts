import { DataError, type Reporter } from '@pharmacist/core';
import { type AlignmentRow, normalisePrompt } from '@pharmacist/data-io';
import type { DefenseRow } from '@pharmacist/defenses';
import { type LanguageModel, type PromptedRow, promptTemplate, tokenizeRow } from '@pharmacist/language-model';

/** A row's id and the text that is trained: the row itself, or what a task makes of it. */
export interface TrainingText {
  readonly id: string;
  readonly text: PromptedRow;
}

/** Rows of prompts and answers as they stand. */
export function plainTexts(rows: readonly AlignmentRow[]): TrainingText[] {
  return rows.map(({ id, prompt, response, parts }) => ({ id, text: { prompt, response, parts } }));
}

export interface TrainingRowsOptions {
  readonly model: LanguageModel;
  readonly template: string;
  readonly maxLength: number;
  /** For messages. */
  readonly source: string;
  readonly reporter: Reporter;
}

export interface TrainingRows {
  readonly rows: DefenseRow[];
  readonly numTruncated: number;
}

/**
 * Rows as a training takes them. Rows whose prompt leaves no room for an answer carry no label: they are left out, with a warning.
 * @throws {DataError} if no row is left.
 */
export function trainingRows(texts: readonly TrainingText[], options: TrainingRowsOptions): TrainingRows {
  const { model, maxLength, source, reporter } = options;
  const template = promptTemplate(options.template, model.tokenizer);
  const all = texts.map(({ id, text }): DefenseRow => ({
    id,
    prompt: normalisePrompt(text.prompt),
    tokens: tokenizeRow(text, model.tokenizer, template, maxLength, { where: `${source} row ${id}` }),
  }));
  const rows = all.filter(({ tokens }) => tokens.hasTargets);
  if (rows.length === 0) {
    throw new DataError(
      `the ${all.length === 1 ? 'prompt of the only row fills' : `prompts of all ${all.length} rows fill`} the ${maxLength} tokens of a row, so that every label is masked`,
      {
        where: source,
        hint: 'raise --max-length, or shorten the prompts',
      },
    );
  }
  const numTruncated = all.filter(({ tokens }) => tokens.truncated).length;
  const numWithout = all.length - rows.length;
  if (numTruncated > 0) reporter.info(`${source}: ${numTruncated} of ${all.length} rows are longer than ${maxLength} tokens and were cut`);
  if (numWithout > 0) {
    reporter.warn(`${source}: the prompts of ${numWithout} of ${all.length} rows leave no room for an answer; these rows are left out`);
  }
  return { rows, numTruncated };
}
