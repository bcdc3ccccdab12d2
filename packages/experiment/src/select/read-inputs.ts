import { lazyList, type Reporter, type RunInput, slices } from '@pharmacist/core';
import { labelOfAll, normalisePrompt, type RowSet } from '@pharmacist/data-io';
import { InputFiles } from '../inputs/input-files.ts';
import type { SelectOptions } from './options.ts';

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
 * @throws {DataError} for bad rows and for an empty pool. @throws {ConfigError} if two files are standard input.
 */
export async function readInputs(options: SelectOptions, reporter: Reporter): Promise<SelectInputs> {
  const files = new InputFiles([options.alignment, options.harmful, options.validation], { ...options, reporter });
  const alignment = await files.read('alignment', options.alignment, { isPacked: true, keptBytes: options.keptBytes });
  const harmful = options.harmful === undefined ? undefined : await files.read('harmful', options.harmful);
  const validation = options.validation === undefined ? undefined : await files.read('validation', options.validation);
  const { duplicates } = alignment.report;
  const isDeduped = options.filters?.some(({ name }) => name === 'dedupe') === true;
  if (duplicates.numDuplicates > 0 && !isDeduped)
    reporter.warn(
      `${labelOfAll(options.alignment)}: ${duplicates.numDuplicates} rows repeat an earlier row exactly; each copy is ranked by itself`,
    );
  const { signal } = options;
  await warnOfLeak(alignment, validation, { reporter, signal });
  const { keptBytes } = options;
  return { alignment, kinds: await kindsOf(alignment, signal), harmful, validation, keptBytes, records: files.records };
}

async function kindsOf({ rows }: RowSet, signal: AbortSignal | undefined): Promise<readonly (string | undefined)[]> {
  // Four bytes a row and one string for all rows of a kind; 0 stands for none.
  const names: string[] = [];
  const numbers = new Uint32Array(rows.length);
  const known = new Map<string, number>();
  for await (const [start, end] of slices(rows.length, { signal })) {
    for (let index = start; index < end; index++) {
      const { kind } = rows[index]!.fields;
      if (typeof kind !== 'string') continue;
      if (!known.has(kind)) known.set(kind, names.push(kind));
      numbers[index] = known.get(kind)!;
    }
  }
  return lazyList(rows.length, (index) => names[numbers[index]! - 1]);
}

/** Trusted rows that are in the pool too make the ranking look better than it is. */
async function warnOfLeak(
  alignment: RowSet,
  validation: RowSet | undefined,
  { reporter, signal }: Required<Pick<SelectOptions, 'reporter' | 'signal'>>,
): Promise<void> {
  if (validation === undefined) return;
  const trusted = new Set(validation.rows.map(({ prompt }) => normalisePrompt(prompt)));
  const shared = new Set<string>();
  for await (const [start, end] of slices(alignment.rows.length, { signal })) {
    for (const row of alignment.rows.slice(start, end)) {
      const prompt = normalisePrompt(row.prompt);
      if (trusted.has(prompt)) shared.add(prompt);
    }
  }
  const numShared = validation.rows.filter(({ prompt }) => shared.has(normalisePrompt(prompt))).length;
  if (numShared > 0)
    reporter?.warn(
      `${numShared} of ${validation.rows.length} validation prompts are in the pool too; rows of the same prompt will rank higher for it`,
    );
}
