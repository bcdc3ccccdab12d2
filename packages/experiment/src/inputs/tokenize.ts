import { type Reporter, slices } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { type LanguageModel, promptTemplate, tokenizeRow, withOneBound } from '@pharmacist/language-model';
import { PackedTokens } from './packed-tokens.ts';

/** Rows between two moments in which an interrupt is heard: some hundredths of a second. */
const SLICE = 100;

export interface TokenizeOptions {
  readonly template: string;
  readonly maxLength: number;
  /** For messages. */
  readonly source: string;
  /** Whether the tokens are needed soon, or only how many there are; see PackedTokens. */
  readonly isKept: boolean;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Training texts of rows as tokens. Cut rows are counted and reported; rows whose prompt fills the whole length stay, without a target.
 * @throws {InterruptedError}
 */
export async function tokenizeRows(
  rows: readonly AlignmentRow[],
  { tokenizer }: Pick<LanguageModel, 'tokenizer'>,
  { template: templateName, maxLength, source, isKept, reporter, signal }: TokenizeOptions,
): Promise<PackedTokens> {
  const template = promptTemplate(templateName, tokenizer);
  const tokens = new PackedTokens({
    vocabSize: tokenizer.vocabSize,
    isKept,
    tokenize: (index) => {
      const row = rows[index]!;
      const { source: file, line } = row.position;
      return tokenizeRow(row, tokenizer, template, maxLength, { where: `${file}:${line}` });
    },
  });
  for await (const [start, end] of slices(rows.length, { size: SLICE, signal })) {
    const numCharacters = rows.slice(start, end).reduce((sum, { prompt, response }) => sum + prompt.length + response.length, 0);
    withOneBound(numCharacters, () => tokens.addUpTo(end));
    if (rows.length > SLICE) reporter.progress({ phase: 'Tokenising', done: end, total: rows.length, unit: 'rows' });
  }
  const { numTruncated, numWithoutTargets } = tokens;
  if (numTruncated > 0) reporter.info(`${source}: ${numTruncated} of ${rows.length} rows are longer than ${maxLength} tokens and were cut`);
  if (numWithoutTargets > 0) {
    reporter.warn(
      `${source}: the prompts of ${numWithoutTargets} rows leave no room for an answer; they teach nothing and rank last (raise --max-length to keep them)`,
    );
  }
  return tokens;
}
