import { ConfigError, DataError, type Reporter, type RunInput, silentReporter } from '@pharmacist/core';
import { type FieldMap, labelOfAll, type ReadOptions, readRows, type RowSet, type RowSource, sourcesOf } from '@pharmacist/data-io';
import type { StageOptions } from '../every-stage/options.ts';

export interface ReadAs {
  /** Names other fields than the options' own map. */
  readonly map?: FieldMap | undefined;
  /** Names other fields by the first record; where it gives undefined, the map does. */
  readonly mapOf?: ReadOptions['mapOf'];
  /** What to do about records without the fields of a map that is not the user's. */
  readonly mapHint?: string;
  /** False reads rows that are prompts only. */
  readonly requireResponse?: boolean;
  /** Keeps the rows of a large pool in little memory. */
  readonly isPacked?: boolean;
  /** Bytes of these in memory; see data-io's `readRows`. */
  readonly keptBytes?: number | undefined;
  /** Sees each row that is taken. */
  readonly onRow?: ReadOptions['onRow'];
}

/** How row files are read. */
type ReadingOptions = Pick<
  StageOptions,
  'map' | 'split' | 'subset' | 'skipInvalid' | 'isRowsChecked' | 'stdin' | 'inMemory' | 'catalog' | 'signal'
>;

/** Reads the row files of one run and keeps for its record what was read. */
export class InputFiles {
  /** Source, hash and counts of each file, in the order they were read. */
  readonly records: RunInput[] = [];
  readonly #options: ReadingOptions;
  readonly #reporter: Reporter;

  /**
   * @param sources every file that will be read.
   * @throws {ConfigError} if two of them are standard input, before anything waits for it.
   */
  constructor(sources: readonly (RowSource | undefined)[], options: ReadingOptions & Pick<StageOptions, 'reporter'>) {
    const names = sources.flatMap((source) => (source === undefined ? [] : sourcesOf(source)));
    if (names.filter((name) => name === '-').length > 1) {
      throw new ConfigError('only one file can be standard input', { where: '-', hint: 'give the others as files' });
    }
    this.#options = options;
    this.#reporter = options.reporter ?? silentReporter;
  }

  /**
   * @param role what the file is used as, for the record and for messages.
   * @throws {DataError} for bad rows and for a file without rows.
   */
  async read(
    role: string,
    source: RowSource,
    { map = this.#options.map, mapOf, mapHint, requireResponse = true, isPacked = false, keptBytes, onRow }: ReadAs = {},
  ): Promise<RowSet> {
    const { stdin, inMemory, catalog, split, subset, skipInvalid, isRowsChecked, signal } = this.#options;
    const set = await readRows(source, {
      requireResponse,
      isPacked,
      ...(keptBytes !== undefined && { keptBytes }),
      ...(onRow && { onRow }),
      ...(map && { map }),
      ...(mapOf && { mapOf }),
      ...(mapHint !== undefined && { mapHint }),
      ...(stdin && { stdin }),
      ...(inMemory && { inMemory }),
      ...(catalog && { formats: catalog.format }),
      ...(split !== undefined && { split }),
      ...(subset !== undefined && { subset }),
      ...(skipInvalid === true && { skipInvalid }),
      ...(signal && { signal }),
    });
    const { sha256, bytes, numRead, numSkipped } = set.report;
    const name = labelOfAll(source);
    const files = set.report.files.map((file) => ({ source: file.source, sha256: file.sha256, bytes: file.bytes }));
    const isNamed = files.length === 1 && files[0]!.source === name;
    this.records.push({ role, source: name, sha256, bytes, ...(!isNamed && { files }), numRead, numSkipped });
    if (set.rows.length === 0) throw new DataError('holds no rows', { where: name, hint: `the ${role} file needs at least one row` });
    if (numSkipped > 0) this.#reporter.warn(`${name}: ${numSkipped} of ${numRead} rows skipped as invalid`);
    // A map that names the prompt has said what is left out of it, and so has the check of a whole grid.
    if (map?.prompt === undefined && isRowsChecked !== true) this.#warnOfLeftOut(name, set.report);
    return set;
  }

  #warnOfLeftOut(source: string, { leftOut: { fields, hint }, numRead }: RowSet['report']): void {
    if (fields.length === 0) return;
    const list = fields.map(({ field, numRows }) => `"${field}" (${numRows} of ${numRead} rows)`).join(', ');
    this.#reporter.warn(`${source}: left out of the prompts, though by its name part of them: ${list}. Fix: ${hint}`);
  }
}
