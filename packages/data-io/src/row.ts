import type { PromptParts } from './prompt-parts.ts';

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
