import { ConfigError, DataError, type Reporter, type RunInput } from '@pharmacist/core';
import { normalisePrompt, readRows, type RowSet } from '@pharmacist/data-io';
import type { SelectOptions } from './options.ts';

export interface SelectInputs {
  readonly alignment: RowSet;
  readonly harmful: RowSet | undefined;
  readonly validation: RowSet | undefined;
  /** For the run record: source, hash and counts of each file. */
  readonly records: RunInput[];
}

type Role = 'alignment' | 'harmful' | 'validation';

/**
 * Reads the three row files.
 * @throws {DataError} for bad rows and for an empty pool. @throws {ConfigError} if two files are standard input.
 */
export async function readInputs(options: SelectOptions, reporter: Reporter): Promise<SelectInputs> {
  if ([options.alignment, options.harmful, options.validation].filter((source) => source === '-').length > 1) {
    throw new ConfigError('only one file can be standard input', { where: '-', hint: 'give the others as files' });
  }
  const records: RunInput[] = [];
  const read = async (role: Role, source: string): Promise<RowSet> => {
    const { map, stdin, skipInvalid, signal } = options;
    const set = await readRows(source, {
      ...(map && { map }),
      ...(stdin && { stdin }),
      ...(skipInvalid && { skipInvalid }),
      ...(signal && { signal }),
    });
    const { sha256, bytes, numRead, numSkipped } = set.report;
    records.push({ role, source, sha256, bytes, numRead, numSkipped });
    if (set.rows.length === 0) throw new DataError('holds no rows', { where: source, hint: `the ${role} file needs at least one row` });
    if (numSkipped > 0) reporter.warn(`${source}: ${numSkipped} of ${numRead} rows skipped as invalid`);
    return set;
  };
  const alignment = await read('alignment', options.alignment);
  const harmful = options.harmful === undefined ? undefined : await read('harmful', options.harmful);
  const validation = options.validation === undefined ? undefined : await read('validation', options.validation);
  const { duplicates } = alignment.report;
  if (duplicates.numDuplicates > 0)
    reporter.warn(`${options.alignment}: ${duplicates.numDuplicates} rows repeat an earlier row exactly; each copy is ranked by itself`);
  warnOfLeak(alignment, validation, reporter);
  return { alignment, harmful, validation, records };
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
