import type { Reporter, RunInput } from '@pharmacist/core';
import { labelOfAll, normalisePrompt, type RowSet } from '@pharmacist/data-io';
import { InputFiles } from '../stage/input-files.ts';
import type { SelectOptions } from './options.ts';

export interface SelectInputs {
  readonly alignment: RowSet;
  readonly harmful: RowSet | undefined;
  readonly validation: RowSet | undefined;
  /** For the run record: source, hash and counts of each file. */
  readonly records: RunInput[];
}

/**
 * Reads the three row files.
 * @throws {DataError} for bad rows and for an empty pool. @throws {ConfigError} if two files are standard input.
 */
export async function readInputs(options: SelectOptions, reporter: Reporter): Promise<SelectInputs> {
  const files = new InputFiles([options.alignment, options.harmful, options.validation], { ...options, reporter });
  const alignment = await files.read('alignment', options.alignment);
  const harmful = options.harmful === undefined ? undefined : await files.read('harmful', options.harmful);
  const validation = options.validation === undefined ? undefined : await files.read('validation', options.validation);
  const { duplicates } = alignment.report;
  const isDeduped = options.filters?.some(({ name }) => name === 'dedupe') === true;
  if (duplicates.numDuplicates > 0 && !isDeduped)
    reporter.warn(
      `${labelOfAll(options.alignment)}: ${duplicates.numDuplicates} rows repeat an earlier row exactly; each copy is ranked by itself`,
    );
  warnOfLeak(alignment, validation, reporter);
  return { alignment, harmful, validation, records: files.records };
}

/** Trusted rows that are in the pool too make the ranking look better than it is. */
function warnOfLeak(alignment: RowSet, validation: RowSet | undefined, reporter: Reporter): void {
  if (validation === undefined) return;
  const prompts = new Set(alignment.rows.map(({ prompt }) => normalisePrompt(prompt)));
  const numShared = validation.rows.filter(({ prompt }) => prompts.has(normalisePrompt(prompt))).length;
  if (numShared > 0)
    reporter.warn(
      `${numShared} of ${validation.rows.length} validation prompts are in the pool too; rows of the same prompt will rank higher for it`,
    );
}
