import type { Reporter, RunInput } from '@pharmacist/core';
import { labelOfAll, type RowSet } from '@pharmacist/data-io';
import type { Needed } from '@pharmacist/selector';
import { InputFiles } from '../inputs/input-files.ts';
import type { SelectOptions } from './options.ts';
import { SeenRows } from './seen-rows.ts';
import { warnOfContradictions, warnOfHarmful, warnOfLeak } from './shared-rows.ts';

export interface SelectInputs {
  readonly alignment: RowSet;
  /** What each row of `alignment` says that it is, in its field `kind`. */
  readonly kinds: readonly (string | undefined)[];
  readonly harmful: RowSet | undefined;
  readonly validation: RowSet | undefined;
  /** Bytes of the pool's texts, and of its tokens, that are kept in memory. */
  readonly keptBytes: number | undefined;
  /** For the run record: source, hash and counts of each file. */
  readonly records: RunInput[];
}

/**
 * Reads the three row files.
 * @param uses what the method reads of them beside the pool.
 * @throws {DataError} for bad rows and for an empty pool. @throws {ConfigError} if two files are standard input.
 */
export async function readInputs(
  options: SelectOptions,
  { uses, reporter: ofStage }: { readonly uses: readonly Needed[]; readonly reporter: Reporter },
): Promise<SelectInputs> {
  const reporter = unsaid(options.saidOfRows, ofStage);
  const files = new InputFiles([options.alignment, options.harmful, options.validation], { ...options, reporter });
  const seen = new SeenRows();
  const { keptBytes } = options;
  const alignment = await files.read('alignment', options.alignment, { isPacked: true, keptBytes, onRow: (row) => seen.add(row) });
  const harmful = options.harmful === undefined ? undefined : await files.read('harmful', options.harmful);
  const validation = options.validation === undefined ? undefined : await files.read('validation', options.validation);
  const { duplicates } = alignment.report;
  const isDeduped = options.filters?.some(({ name }) => name === 'dedupe') === true;
  if (duplicates.numDuplicates > 0 && !isDeduped)
    reporter.warn(
      `${labelOfAll(options.alignment)}: ${duplicates.numDuplicates} rows repeat an earlier row exactly; each copy is ranked by itself`,
    );
  if (harmful && validation) warnOfContradictions(harmful.rows, validation.rows, reporter);
  const pool = { source: options.alignment, rows: alignment.rows, seen };
  const hearing = { reporter, signal: options.signal };
  if (validation && uses.includes('trusted')) await warnOfLeak(validation.rows, pool, hearing);
  if (harmful) await warnOfHarmful(harmful.rows, pool, hearing);
  return { alignment, kinds: seen.kinds(), harmful, validation, keptBytes, records: files.records };
}

/** Passes on what was not said before. */
function unsaid(said: Set<string> | undefined, reporter: Reporter): Reporter {
  if (said === undefined) return reporter;
  return {
    progress: (event) => reporter.progress(event),
    info: (message) => reporter.info(message),
    warn: (message) => {
      if (!said.has(message)) reporter.warn(message);
      said.add(message);
    },
  };
}
