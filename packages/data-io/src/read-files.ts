import { hashOfValue } from '@pharmacist/core';
import type { FormatContext, SourceRecord } from './formats/record.ts';
import type { ProblemHandler } from './problems.ts';
import type { ReadFile } from './row-set.ts';
import { expandSource } from './source/expand-source.ts';
import { openSource } from './source/open-source.ts';
import { labelOf, labelOfAll, type RowSource } from './source/source-name.ts';
import { recordsOf, type StreamOptions } from './stream-records.ts';

/** A record, and where it stands. */
export interface PlacedRecord extends SourceRecord {
  /** The file. */
  source: string;
  /** File and line in one number, for maps with an entry a row. */
  place: number;
}

/** Where a record stands; the file is left out where there is one only. */
export interface Place {
  source?: string;
  line: number;
}

type ReadingOptions = StreamOptions & Pick<FormatContext, 'keepText' | 'onColumns'>;

const PLACES_OF_A_FILE = 2 ** 32;

/** Reads the files that a name stands for as one, and keeps what they were. */
export class FileReader {
  /** The name for messages about all of it. */
  readonly label: string;
  /** What was read to its end. */
  readonly files: ReadFile[] = [];
  readonly #sources: readonly string[];
  readonly #options: ReadingOptions;

  private constructor(label: string, sources: readonly string[], options: ReadingOptions) {
    this.label = label;
    this.#sources = sources;
    this.#options = options;
  }

  /** @throws {PharmacistError} if the name stands for no file, as `expandSource` says. */
  static async open(source: RowSource, options: ReadingOptions): Promise<FileReader> {
    const sources = await expandSource(source, options);
    return new FileReader(labelOfAll(sources.length === 1 ? sources : source), sources, options);
  }

  /** What the number of a place stands for. */
  placeOf(place: number): Place {
    const line = place % PLACES_OF_A_FILE;
    if (this.#sources.length === 1) return { line };
    return { source: labelOf(this.#sources[Math.floor(place / PLACES_OF_A_FILE)]!), line };
  }

  /** The same in words: `line 3`, or `rows.jsonl:3` where there are several files. */
  nameOf(place: number): string {
    const { source, line } = this.placeOf(place);
    return source === undefined ? `line ${line}` : `${source}:${line}`;
  }

  /**
   * The records of all files. One that is not read to its end is not among `files`.
   * @param onProblem hears of the problems of single records, with the file where there are several.
   */
  async *records(onProblem: ProblemHandler): AsyncGenerator<PlacedRecord> {
    for (const [i, source] of this.#sources.entries()) {
      const open = await openSource(source, this.#options);
      const { label } = open;
      const heard: ProblemHandler = this.#sources.length > 1 ? (problem) => onProblem({ source: label, ...problem }) : onProblem;
      for await (const record of recordsOf(open, { ...this.#options, onProblem: heard }))
        yield { ...record, source: label, place: i * PLACES_OF_A_FILE + record.line };
      this.files.push({ source: open.label, format: open.format.name, sha256: open.meter.sha256(), bytes: open.meter.numBytes });
    }
  }

  /** Format, hash and size of all that was read. */
  summary(): Omit<ReadFile, 'source'> & { files: ReadFile[] } {
    const [first] = this.files;
    const sha256 = this.files.length === 1 ? first!.sha256 : hashOfValue(this.files.map((file) => file.sha256));
    return { format: first!.format, sha256, bytes: this.files.reduce((sum, { bytes }) => sum + bytes, 0), files: this.files };
  }
}
