import type { Table } from 'apache-arrow';
import type { DuplicateReport } from './duplicates.ts';
import type { LeftOut } from './left-out.ts';
import type { PromptParts } from './prompt-parts.ts';
import type { RowFormat } from './source/row-format.ts';
import type { RowProblem } from './problems.ts';

/** Where a row came from: the source as it was named, and the 1-based line of text (row number in Parquet and Arrow). */
export interface RowPosition {
  source: string;
  line: number;
}

/** One prompt with the answer a model is to learn (or, for harmful rows, to avoid). */
export interface AlignmentRow {
  /** Unique within its file: the row's own `id`, else 16 hexadecimal digits derived from prompt and response. */
  id: string;
  prompt: string;
  /** Empty only if the caller asked for rows without a response. */
  response: string;
  /** What the prompt is made of where that is more than one text: the template of a model may have places for it. */
  parts?: PromptParts | undefined;
  /** The record as it was read, untouched; what is written back. */
  fields: Record<string, unknown>;
  position: RowPosition;
}

/** A file that rows were read from. */
export interface ReadFile {
  /** A path, an address without what it carries beside its path, or a file on the Hub with its commit. */
  source: string;
  format: RowFormat;
  /** SHA-256 of the file's bytes as stored (before decompression). */
  sha256: string;
  /** Size of the file as stored. */
  bytes: number;
}

/** What was read, and what was left out of it. */
export interface ReadReport {
  /** As it was named. */
  source: string;
  /** Of the first file. */
  format: RowFormat;
  /** SHA-256 of the file's bytes as stored (before decompression); of several files, of the list of theirs. */
  sha256: string;
  /** Size as stored, of all files. */
  bytes: number;
  files: ReadFile[];
  /** Records met, valid or not. */
  numRead: number;
  /** Records left out because they were invalid; 0 unless `skipInvalid`. */
  numSkipped: number;
  /** The first few of the problems behind `numSkipped`. */
  problems: RowProblem[];
  duplicates: DuplicateReport;
  /** What looks like part of the prompts and is not used as such. */
  leftOut: LeftOut;
}

/** A file of alignment rows in memory. */
export interface RowSet {
  rows: AlignmentRow[];
  /** Makes columns `id`, `prompt`, `response` (Utf8), row for row as `rows`. */
  table(): Promise<Table>;
  report: ReadReport;
}
