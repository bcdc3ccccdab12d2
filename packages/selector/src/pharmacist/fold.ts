import { hashOfValue } from '@pharmacist/core';
import type { TextRow } from '../selector.ts';

/** The two halves that rows are parted into by what they say: where a row stands in its file decides nothing. */
export const FOLDS = [0, 1] as const;
export type Fold = (typeof FOLDS)[number];

/** A row by its text. */
export interface HashedRow extends TextRow {
  readonly hash: string;
  readonly fold: Fold;
}

/** A row of the pool; its half is that of its text, so that equal rows are in the same one. */
export function hashedRow({ text, tokens }: TextRow): HashedRow {
  const hash = hashOfValue([text.prompt, text.response]);
  return { text, tokens, hash, fold: foldOf(hash) };
}

/**
 * Rows of known label with an answer, each text once, ordered by their hashes. The half of each is that of its answer: a model that learned that an answer is good must
 * not judge the same answer to another prompt as if it had never seen it.
 */
export function knownRows(rows: readonly TextRow[]): HashedRow[] {
  const known = rows
    .filter(({ tokens }) => tokens.hasTargets)
    .map((row) => ({ ...hashedRow(row), fold: foldOf(hashOfValue(row.text.response.trim())) }));
  return [...new Map(known.map((row) => [row.hash, row])).values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function foldOf(hash: string): Fold {
  return (Number.parseInt(hash.slice(-1), 16) % 2) as Fold;
}
