import type { Random } from '@pharmacist/core';
import { withOneBound } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';
import type { HashedRow } from './fold.ts';
import { SPOIL_NAMES, type SpoilName, spoiled, wordsOf } from './spoil.ts';

/** A spoiled copy of a row: the label is known because it was made. */
export interface PlantedCopy extends HashedRow {
  readonly spoil: SpoilName;
  /** Place of the row that was copied. */
  readonly parent: number;
}

/**
 * One spoiled copy of each row by each of `spoils(place)`; a copy that came out unchanged or has no room for its answer is left out.
 * @param donors rows whose answers and words are spliced in: those of the same half, so that a copy holds nothing of rows that a model which learned from it will
 * judge; all others where a half has no other row.
 */
export function plantedCopies(
  context: Pick<SelectionContext, 'tokenize'>,
  rows: readonly HashedRow[],
  { donors, random, spoils }: { donors: readonly HashedRow[]; random: Random; spoils: (own: Random) => readonly SpoilName[] },
): PlantedCopy[] {
  const copies = rows.flatMap((row, parent) => {
    const own = random.split(row.hash);
    const others = othersOf(row, donors);
    return spoils(own.split('spoil')).flatMap((spoil) => {
      const draw = own.split(spoil);
      const donor = () => others[draw.integer(Math.max(1, others.length))]?.text.response ?? '';
      const word = () => {
        const words = wordsOf(donor());
        return words[draw.integer(Math.max(1, words.length))] ?? '';
      };
      const response = spoiled(spoil, row.text.response, { random: draw, other: donor(), word });
      if (response === undefined) return [];
      // The half is its parent's: a model that learned from the copy must not judge the row.
      return [{ text: { ...row.text, response }, hash: `${row.hash} ${spoil}`, fold: row.fold, spoil, parent }];
    });
  });
  return inBlocks(copies).flatMap((block) => {
    const numCharacters = block.reduce((sum, { text }) => sum + text.prompt.length + text.response.length, 0);
    return withOneBound(numCharacters, () =>
      block.flatMap((copy): PlantedCopy[] => {
        const tokens = context.tokenize(copy.text, { numPromptTokens: rows[copy.parent]!.tokens.numPromptTokens });
        return tokens.hasTargets ? [{ ...copy, tokens }] : [];
      }),
    );
  });
}

function othersOf({ hash, fold }: HashedRow, donors: readonly HashedRow[]): readonly HashedRow[] {
  const others = donors.filter((donor) => donor.hash !== hash);
  const own = others.filter((donor) => donor.fold === fold);
  return own.length === 0 ? others : own;
}

/** Texts that are tokenised under one bound on their time. */
const BLOCK = 100;

function inBlocks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BLOCK) }, (_, i) => items.slice(i * BLOCK, (i + 1) * BLOCK));
}

/** One way of spoiling, drawn anew for each row. */
export function oneSpoil(own: Random): readonly SpoilName[] {
  return [SPOIL_NAMES[own.integer(SPOIL_NAMES.length)]!];
}
