import { ConfigError, DataError, type Reporter, type RunInput, silentReporter } from '@pharmacist/core';
import { type FieldMap, type ReadOptions, readRows, type RowSet } from '@pharmacist/data-io';
import type { StageOptions } from './options.ts';

export interface ReadAs {
  /** Names other fields than the options' own map. */
  readonly map?: FieldMap | undefined;
  /** Names other fields by the first record; where it gives undefined, the map does. */
  readonly mapOf?: ReadOptions['mapOf'];
  /** False reads rows that are prompts only. */
  readonly requireResponse?: boolean;
}

/** Reads the row files of one run and keeps for its record what was read. */
export class InputFiles {
  /** Source, hash and counts of each file, in the order they were read. */
  readonly records: RunInput[] = [];
  readonly #options: Pick<StageOptions, 'map' | 'skipInvalid' | 'isRowsChecked' | 'stdin' | 'signal'>;
  readonly #reporter: Reporter;

  /**
   * @param sources every file that will be read.
   * @throws {ConfigError} if two of them are standard input, before anything waits for it.
   */
  constructor(
    sources: readonly (string | undefined)[],
    options: Pick<StageOptions, 'map' | 'skipInvalid' | 'isRowsChecked' | 'stdin' | 'signal' | 'reporter'>,
  ) {
    if (sources.filter((source) => source === '-').length > 1) {
      throw new ConfigError('only one file can be standard input', { where: '-', hint: 'give the others as files' });
    }
    this.#options = options;
    this.#reporter = options.reporter ?? silentReporter;
  }

  /**
   * @param role what the file is used as, for the record and for messages.
   * @throws {DataError} for bad rows and for a file without rows.
   */
  async read(role: string, source: string, { map = this.#options.map, mapOf, requireResponse = true }: ReadAs = {}): Promise<RowSet> {
    const { stdin, skipInvalid, isRowsChecked, signal } = this.#options;
    const set = await readRows(source, {
      requireResponse,
      ...(map && { map }),
      ...(mapOf && { mapOf }),
      ...(stdin && { stdin }),
      ...(skipInvalid === true && { skipInvalid }),
      ...(signal && { signal }),
    });
    const { sha256, bytes, numRead, numSkipped } = set.report;
    this.records.push({ role, source, sha256, bytes, numRead, numSkipped });
    if (set.rows.length === 0) throw new DataError('holds no rows', { where: source, hint: `the ${role} file needs at least one row` });
    if (numSkipped > 0) this.#reporter.warn(`${source}: ${numSkipped} of ${numRead} rows skipped as invalid`);
    // A map that names the prompt has said what is left out of it, and so has the check of a whole grid.
    if (map?.prompt === undefined && isRowsChecked !== true) this.#warnOfLeftOut(source, set.report);
    return set;
  }

  #warnOfLeftOut(source: string, { leftOut: { fields, hint }, numRead }: RowSet['report']): void {
    if (fields.length === 0) return;
    const list = fields.map(({ field, numRows }) => `"${field}" (${numRows} of ${numRead} rows)`).join(', ');
    this.#reporter.warn(`${source}: left out of the prompts, though by its name part of them: ${list}. Fix: ${hint}`);
  }
}
