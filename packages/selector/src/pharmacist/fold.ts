import { hashOfValue } from '@pharmacist/core';
import type { TextRow } from '../selector.ts';

/** The two halves that rows are parted into, by their texts: equal rows are in the same half, and no order of a file matters. */
export const FOLDS = [0, 1] as const;
export type Fold = (typeof FOLDS)[number];

/** A row by its text. */
export interface HashedRow extends TextRow {
  readonly hash: string;
  readonly fold: Fold;
}

export function hashedRow({ text, tokens }: TextRow): HashedRow {
  const { prompt, response } = text;
  const hash = hashOfValue([prompt, response]);
  return { text, tokens, hash, fold: (Number.parseInt(hash.slice(-1), 16) % 2) as Fold };
}

/** Rows with an answer, ordered by the hashes of their texts: where a row stands in its file decides nothing. */
export function hashedRows(rows: readonly TextRow[]): HashedRow[] {
  return rows
    .filter(({ tokens }) => tokens.hasTargets)
    .map(hashedRow)
    .sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
}
