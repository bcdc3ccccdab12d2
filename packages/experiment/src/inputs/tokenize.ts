import { counted, memberOf, type Reporter } from '@pharmacist/core';
import type { AlignmentRow } from '@pharmacist/data-io';
import { type LanguageModel, promptTemplate, tokenizeRow } from '@pharmacist/language-model';
import { type Elsewhere, type MappedText, mapTexts, tokensFound, tokensMap } from '@pharmacist/selector';
import { PackedTokens } from './packed-tokens.ts';

export interface TokenizeOptions {
  readonly template: string;
  readonly maxLength: number;
  /** For messages. */
  readonly source: string;
  /** Whether the tokens are needed soon, or only how many there are; see PackedTokens. */
  readonly isKept: boolean;
  /** Bytes of them in memory; see RecordStore. */
  readonly keptBytes?: number | undefined;
  /** Where other processes may make them: their name among the files of these, and rows of a batch. */
  readonly divided?: { readonly name: string; readonly batchSize: number; readonly elsewhere: Elsewhere } | undefined;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Training texts of rows as tokens. Cut rows are counted and reported; rows whose prompt fills the whole length stay, without a target.
 * @throws {InterruptedError}
 */
export async function tokenizeRows(
  rows: readonly AlignmentRow[],
  model: Pick<LanguageModel, 'tokenizer'>,
  { template, maxLength, source, isKept, keptBytes, divided, reporter, signal }: TokenizeOptions,
): Promise<PackedTokens> {
  const { tokenizer } = model;
  const rowAt = memberOf(rows);
  // Read once: a packed row is parsed each time it is asked for.
  const textAt = (index: number): MappedText => {
    const {
      prompt,
      response,
      parts,
      position: { source: file, line },
    } = rowAt(index);
    return { text: { prompt, response, parts }, where: `${file}:${line}` };
  };
  const form = promptTemplate(template, tokenizer);
  const tokenize = (index: number) => {
    const { text, where } = textAt(index);
    return tokenizeRow(text, tokenizer, form, maxLength, { where });
  };
  const tokens = new PackedTokens({ vocabSize: tokenizer.vocabSize, isKept, keptBytes, tokenize });
  const { name, batchSize = 1, elsewhere } = divided ?? {};
  await mapTexts(
    { model, batchSize, maxLength, elsewhere, reporter, signal },
    {
      name,
      phase: 'Tokenising',
      map: tokensMap,
      parameters: { template, maxLength, isKept },
      numRows: rows.length,
      textAt,
      take: (_, found) => tokens.push(tokensFound(found)),
    },
  );
  const { numTruncated, numWithoutTargets } = tokens;
  if (numTruncated > 0) reporter.info(`${source}: ${numTruncated} of ${rows.length} rows are longer than ${maxLength} tokens and were cut`);
  if (numWithoutTargets > 0) {
    reporter.warn(
      `${source}: ${counted(numWithoutTargets, 'row')} without room for an answer after the prompt: they teach nothing and rank last (raise --max-length to keep them)`,
    );
  }
  return tokens;
}
