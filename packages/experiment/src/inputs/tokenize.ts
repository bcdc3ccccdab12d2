import { memberOf, type Reporter, slices } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { type LanguageModel, type PromptedRow, promptTemplate, tokenizeRow, withOneBound } from '@pharmacist/language-model';
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
  /** Bytes of them in memory; see RecordStore. */
  readonly keptBytes?: number | undefined;
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
  { template: templateName, maxLength, source, isKept, keptBytes, reporter, signal }: TokenizeOptions,
): Promise<PackedTokens> {
  const template = promptTemplate(templateName, tokenizer);
  const tokensOf = ({ position: { source: file, line }, ...text }: PromptedRow & Pick<AlignmentRow, 'position'>) =>
    tokenizeRow(text, tokenizer, template, maxLength, { where: `${file}:${line}` });
  const rowAt = memberOf(rows);
  const textAt = (index: number) => {
    const { prompt, response, parts, position } = rowAt(index);
    return { prompt, response, parts, position };
  };
  const tokens = new PackedTokens({ vocabSize: tokenizer.vocabSize, isKept, keptBytes, tokenize: (index) => tokensOf(textAt(index)) });
  for await (const [start, end] of slices(rows.length, { size: SLICE, signal })) {
    // Read once: a packed row is parsed each time it is asked for.
    const texts = Array.from({ length: end - start }, (_, i) => textAt(start + i));
    const numCharacters = texts.reduce((sum, { prompt, response }) => sum + prompt.length + response.length, 0);
    for (const row of withOneBound(numCharacters, () => texts.map(tokensOf))) tokens.push(row);
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
