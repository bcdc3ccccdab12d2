import type { SelectionContext } from '../selector.ts';
import type { PharmacistConfig } from './config.ts';
import { type HashedRow, knownRows } from './fold.ts';
import { oneSpoil, type PlantedCopy, plantedCopies } from './planted-copies.ts';
import { type HashedPool, rowsAt } from './pool-sample.ts';
import { SPOIL_NAMES, type SpoilName } from './spoil.ts';

/** Harmful rows that the model reads, for the probabilities: their words cost no pass, and all of them count there. */
const HARMFUL_READ = 40;
/** Rows of the pool that stand for rows as they are. */
export const MOST_ORIGINALS = 2000;

/** Rows of the pool of which copies are made whose texts alone are looked at. */
const SHAPE_ROWS = 400;

/** Ways of spoiling that words can tell: whole sentences in another order, or of two answers, have the words of good ones. */
const WORD_SPOILS: ReadonlySet<SpoilName> = new Set<SpoilName>([
  'cut-characters',
  'cut-words',
  'shuffled',
  'repeated-sentence',
  'repeated-phrase',
  'spliced',
  'replaced-words',
]);

/** The rows whose labels a run knows: the user's, and spoiled copies that it makes itself. */
export interface LabelledRows {
  readonly trusted: readonly HashedRow[];
  readonly harmful: readonly HashedRow[];
  /** Copies of trusted rows, spoiled in each way that words can tell. */
  readonly wordCopies: readonly PlantedCopy[];
  /** Copies that are read by the model, one a row. */
  readonly trustedCopies: readonly PlantedCopy[];
  readonly poolCopies: readonly PlantedCopy[];
  /** Copies whose texts alone are looked at: of trusted rows spoiled in each way, of rows of the pool in one. */
  readonly trustedShapes: readonly PlantedCopy[];
  readonly poolShapes: readonly PlantedCopy[];
  /** The first of the harmful rows. */
  readonly harmfulRead: readonly HashedRow[];
  /** Places in the pool of rows as they are. */
  readonly originals: readonly number[];
}

export function labelledRows(context: SelectionContext, { form, formPenalty, copies }: PharmacistConfig, pool: HashedPool): LabelledRows {
  const isFormLearned = form !== 'none' && formPenalty > 0;
  const isRead = form === 'losses';
  const trusted = knownRows(context.trusted);
  const harmful = knownRows(context.harmful);
  const random = context.random.split('spoiled copies');
  const sampled = rowsAt(context.pool, pool.sample(SHAPE_ROWS));
  const read = isRead ? rowsAt(context.pool, pool.sample(copies)) : [];
  const givers = [...trusted, ...harmful];
  const copiesOf = (rows: readonly HashedRow[], what: string, donors: readonly HashedRow[], spoils = oneSpoil) =>
    plantedCopies(context, rows, { donors, random: random.split(what), spoils });
  const trustedTexts = copiesOf(trusted, 'trusted texts', givers, () => SPOIL_NAMES);
  return {
    trusted,
    harmful,
    wordCopies: trustedTexts.filter(({ spoil }) => WORD_SPOILS.has(spoil)),
    trustedCopies: isRead ? copiesOf(trusted.slice(0, copies), 'trusted', givers) : [],
    poolCopies: isRead && isFormLearned ? copiesOf(read, 'pool', read) : [],
    trustedShapes: isFormLearned ? trustedTexts : [],
    poolShapes: isFormLearned ? copiesOf(sampled, 'pool shapes', sampled) : [],
    harmfulRead: harmful.slice(0, HARMFUL_READ),
    originals: isFormLearned ? pool.sample(MOST_ORIGINALS) : [],
  };
}
