import type { Versioned } from '@pharmacist/core';
import type { ByteStream } from '../source/byte-stream.ts';
import type { RowFile } from '../source/row-file.ts';
import type { FormatContext, SourceRecord } from './record.ts';

/** A way in which rows stand in files. */
export interface RowFormat {
  readonly kind: 'format';
  readonly name: string;
  readonly summary: string;
  /** Ends of the names of its files, in small letters: `.jsonl`. */
  readonly extensions: readonly string[];
  /** Whether its bytes are no text; those of text come as UTF-8. */
  readonly isBinary: boolean;
  /** Whether a file that begins so is of this format. Text formats that are built in are told apart in source/row-format.ts. */
  recognises?(head: Uint8Array): boolean;
  /** The records of a file, whose bytes have then been read to their end. */
  read(file: RowFile, context: FormatContext): AsyncIterable<SourceRecord>;
}

/** A record as a format's reader gives it. */
export interface GivenRecord {
  /** An object of what JSON can hold. */
  readonly record: Readonly<Record<string, unknown>>;
  /** 1-based line on which it starts, or its number where the file has no lines; its number if left out. */
  readonly line?: number | undefined;
}

/** What a reader of one's own is given. */
export interface GivenFile {
  /** Its name, for messages. */
  readonly label: string;
  /** What is in it, decompressed, and as UTF-8 unless the format is binary (a `TextDecoder` drops a byte-order mark). What is left unread is passed over. */
  readonly bytes: ByteStream;
  /** Where it lies, if it is an uncompressed file on a disk: what is read back to front. */
  readonly path: string | undefined;
}

/** A row format, as it is written; `defineRowFormat` makes a `RowFormat` of it. */
export interface RowFormatDefinition extends Versioned {
  readonly kind?: 'format' | undefined;
  readonly name: string;
  /** One line for a list of formats. */
  readonly summary?: string | undefined;
  /** Ends of the names of its files, in small letters: `['.blocks']`. */
  readonly extensions: readonly string[];
  /** Whether its bytes are no text; false if left out. */
  readonly isBinary?: boolean | undefined;
  /** Whether a file is of this format whose name says none, by its first bytes (4096 of them, fewer if there are no more). */
  recognises?(head: Uint8Array): boolean;
  /**
   * The records of a file, one by one. What is wrong with a single record goes to `onProblem`; what ends the reading is thrown, as a `DataError` if it is
   * the file's fault.
   */
  read(file: GivenFile, context: FormatContext): AsyncIterable<GivenRecord> | Iterable<GivenRecord>;
}
