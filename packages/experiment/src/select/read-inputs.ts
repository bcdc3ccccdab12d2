import { fnv1a, lazyList, type Reporter, type RunInput, slices, TypedList } from '@pharmacist/core';
import { type AlignmentRow, labelOfAll, normalisePrompt, type RowSet } from '@pharmacist/data-io';
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
  const { signal } = options;
  await warnOfLeak(alignment, validation, seen, { reporter, signal });
  return { alignment, kinds: seen.kinds(), harmful, validation, keptBytes, records: files.records };
}

/** What is looked at of each row of the pool while it is read: 8 bytes a row. */
class SeenRows {
  /** One string for all rows of a kind. */
  readonly #names: string[] = [];
  readonly #numberOfName = new Map<string, number>();
  /** Of each row the number of its kind, counted from 1; 0 if it says none. */
  readonly #kinds = new TypedList((length) => new Uint32Array(length));
  readonly #promptHashes = new TypedList((length) => new Uint32Array(length));

  add({ prompt, fields: { kind } }: Pick<AlignmentRow, 'prompt' | 'fields'>): void {
    this.#promptHashes.push(hashOf(prompt));
    if (typeof kind !== 'string') return this.#kinds.push(0);
    let number = this.#numberOfName.get(kind);
    if (number === undefined) this.#numberOfName.set(kind, (number = this.#names.push(kind)));
    this.#kinds.push(number);
  }

  kinds(): readonly (string | undefined)[] {
    return lazyList(this.#kinds.length, (index) => this.#names[this.#kinds.at(index) - 1]);
  }

  /** Rows whose prompt may be one of these. */
  async withPrompts(prompts: Iterable<string>, signal: AbortSignal | undefined): Promise<number[]> {
    const hashes = new Set(Array.from(prompts, hashOf));
    const found: number[] = [];
    for await (const [start, end] of slices(this.#promptHashes.length, { signal })) {
      for (let index = start; index < end; index++) if (hashes.has(this.#promptHashes.at(index))) found.push(index);
    }
    return found;
  }
}

function hashOf(prompt: string): number {
  return fnv1a(normalisePrompt(prompt)) >>> 0;
}

/** Trusted rows that are in the pool too make the ranking look better than it is. */
async function warnOfLeak(
  { rows }: RowSet,
  validation: RowSet | undefined,
  seen: SeenRows,
  { reporter, signal }: Required<Pick<SelectOptions, 'reporter' | 'signal'>>,
): Promise<void> {
  if (validation === undefined) return;
  const trusted = validation.rows.map(({ prompt }) => prompt);
  const candidates = await seen.withPrompts(trusted, signal);
  const shared = new Set(candidates.map((index) => normalisePrompt(rows[index]!.prompt)));
  const numShared = trusted.filter((prompt) => shared.has(normalisePrompt(prompt))).length;
  if (numShared > 0)
    reporter?.warn(
      `${numShared} of ${trusted.length} validation prompts are in the pool too; rows of the same prompt will rank higher for it`,
    );
}
