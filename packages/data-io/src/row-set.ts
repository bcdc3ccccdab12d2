import type { Table } from 'apache-arrow';
import type { DuplicateReport } from './duplicates.ts';
import type { LeftOut } from './left-out.ts';
import type { RowProblem } from './problems.ts';
import type { AlignmentRow } from './row.ts';

/** A file that rows were read from. */
export interface ReadFile {
  /** A path, an address without what it carries beside its path, or a file on the Hub with its commit. */
  source: string;
  /** Its name. */
  format: string;
  /** SHA-256 of the file's bytes as stored (before decompression). */
  sha256: string;
  /** Size of the file as stored. */
  bytes: number;
}

/** What was read, and what was left out of it. */
export interface ReadReport {
  /** As it was named. */
  source: string;
  /** Name of the first file's. */
  format: string;
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

/** A file of alignment rows. */
export interface RowSet {
  /** Packed ones are parsed when they are asked for, and anew each time. */
  rows: readonly AlignmentRow[];
  /** Numbers of the rows in the order of their ids, i32 [rows]. @throws {InterruptedError} */
  idOrder(signal?: AbortSignal): Promise<Int32Array>;
  /** Rows by their numbers, in this order. Packed rows that do not fit into memory are moved, so that they are read from one end to the other. */
  inOrder(order: Int32Array, signal?: AbortSignal): Promise<readonly AlignmentRow[]>;
  /** Makes columns `id`, `prompt`, `response` (Utf8), row for row as `rows`. */
  table(): Promise<Table>;
  report: ReadReport;
}
