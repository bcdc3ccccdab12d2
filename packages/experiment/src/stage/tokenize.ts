import type { Reporter } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { type LanguageModel, promptTemplate, type TokenizedRow, tokenizeRow } from '@pharmacist/language-model';

export interface TokenizedRows {
  readonly tokens: TokenizedRow[];
  readonly numTruncated: number;
}

/** Training texts of rows as tokens. Cut rows are counted and reported; rows whose prompt fills the whole length stay, without a target. */
export function tokenizeRows(
  rows: readonly AlignmentRow[],
  model: Pick<LanguageModel, 'tokenizer'>,
  options: { template: string; maxLength: number; source: string },
  reporter: Reporter,
): TokenizedRows {
  const template = promptTemplate(options.template, model.tokenizer);
  const { maxLength, source } = options;
  const tokens = rows.map((row) => tokenizeRow(row, model.tokenizer, template, maxLength, `${row.position.source}:${row.position.line}`));
  const numTruncated = tokens.filter(({ truncated }) => truncated).length;
  const numWithoutTargets = tokens.filter(({ hasTargets }) => !hasTargets).length;
  if (numTruncated > 0) reporter.info(`${source}: ${numTruncated} of ${rows.length} rows are longer than ${maxLength} tokens and were cut`);
  if (numWithoutTargets > 0) {
    reporter.warn(
      `${source}: the prompts of ${numWithoutTargets} rows leave no room for an answer; they teach nothing and rank last (raise --max-length to keep them)`,
    );
  }
  return { tokens, numTruncated };
}
