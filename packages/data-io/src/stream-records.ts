import { throwIfAborted } from '@pharmacist/core';
import type { FormatContext, SourceRecord } from './formats/record.ts';
import { problemsError, type ProblemHandler } from './problems.ts';
import type { SplitChoice } from './source/choose-files.ts';
import { expandSource } from './source/expand-source.ts';
import { openSource, type OpenSource, type SourceOptions } from './source/open-source.ts';
import type { RowSource } from './source/source-name.ts';

export interface StreamOptions extends SourceOptions, SplitChoice {
  /** Longest record accepted, in bytes of text; 64 MiB by default. */
  maxRecordBytes?: number;
  /** Receives the problems of single records, which are then passed over; without it the first one is thrown. */
  onProblem?: ProblemHandler;
}

const DEFAULT_MAX_RECORD_BYTES = 64 * 2 ** 20;

/**
 * The records of files, in order, in memory bounded by one record (text formats), row group (Parquet) or record batch (Arrow).
 * @param source one or more of: a path, a folder, a pattern, `-` for standard input, an https:// address, a data set on the Hub
 * (`owner/name`, `hf://datasets/owner/name`) or a file of it (`hf://datasets/owner/name/file`).
 * @throws {DataError} at the first invalid record without `onProblem`; always if the file is cut short or its container is damaged.
 * @throws {FileError} if the source cannot be read. @throws {ConfigError} if its format is unknown. @throws {InterruptedError} on abort.
 */
export async function* streamRecords(source: RowSource, options: StreamOptions = {}): AsyncGenerator<SourceRecord> {
  for (const file of await expandSource(source, options)) yield* recordsOf(await openSource(file, options), options);
}

/** The records of a source that is already open. */
export async function* recordsOf(
  source: OpenSource,
  options: StreamOptions & Pick<FormatContext, 'keepText' | 'onColumns'>,
): AsyncGenerator<SourceRecord> {
  const context: FormatContext = {
    label: source.label,
    keepText: options.keepText ?? false,
    onColumns: options.onColumns,
    signal: options.signal,
    maxRecordBytes: options.maxRecordBytes ?? DEFAULT_MAX_RECORD_BYTES,
    onProblem:
      options.onProblem ??
      ((problem) => {
        throw problemsError(source.label, [problem]);
      }),
  };
  for await (const record of source.format.read(source, context)) {
    throwIfAborted(options.signal);
    yield record;
  }
}
