import type { RowPass } from '../row-maps/map-rows.ts';
import type { SelectionContext, TextRow } from '../selector.ts';
import type { PharmacistConfig } from './config.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { type Measures, measureRows, measuresOfAnchors, textMeasures } from './measures.ts';
import { type Anchors, readAnchors } from './similarity.ts';

/** Everything that the model reads: one pass over the pool, and one over the trusted rows and the copies; nothing where words or form by text are all that counts. */
export interface ReadRows {
  readonly pool: Measures;
  readonly trusted?: Measures | undefined;
  readonly trustedCopies: Measures;
  readonly poolCopies: Measures;
  /** Not read where form needs no copies read. */
  readonly harmful?: Measures | undefined;
  readonly hasSimilarities: boolean;
  /** Reads rows that were not in the pool. */
  read(rows: readonly TextRow[]): Promise<Measures>;
}

export async function readRows(
  context: SelectionContext,
  { form, similarityPenalty }: PharmacistConfig,
  rows: LabelledRows,
): Promise<ReadRows> {
  const { trusted, trustedCopies, poolCopies, harmfulRead } = rows;
  const tokenLosses = form === 'losses';
  const isNeeded = trusted.length > 0 && (tokenLosses || similarityPenalty > 0);
  const anchors: Anchors | undefined = isNeeded ? await readAnchors(context, trusted, { tokenLosses }) : undefined;
  // Words, and form by text, need no model.
  const isPoolRead = tokenLosses || anchors !== undefined;
  const what = tokenLosses ? 'States and losses' : 'States';
  const measured = async (texts: readonly TextRow[], pass: Omit<RowPass, 'rows'>, except?: (i: number) => number | undefined) =>
    await measureRows(context, texts, pass, { anchors, tokenLosses, ...(except && { except }) });
  const labelled = [...trustedCopies, ...poolCopies, ...harmfulRead];
  const from = (measures: Measures, start: number, end: number): Measures => ({
    numbers: (i) => measures.numbers(start + i),
    losses: (name) => measures.losses(name).subarray(start, end),
    similarities: (name) => measures.similarities(name).subarray(start, end),
    nearest: (i) => measures.nearest(start + i),
  });
  const ofLabelled = tokenLosses
    ? await measured(labelled, { name: 'labelled', phase: `${what} of spoiled copies and harmful rows` }, (i) => trustedCopies[i]?.parent)
    : textMeasures(labelled);
  const pool = isPoolRead ? await measured(context.pool, { name: 'pool', phase: `${what} of the pool` }) : textMeasures(context.pool);
  return {
    pool,
    trusted: trusted.length === 0 ? undefined : anchors ? measuresOfAnchors(trusted, anchors) : textMeasures(trusted),
    trustedCopies: from(ofLabelled, 0, trustedCopies.length),
    poolCopies: from(ofLabelled, trustedCopies.length, labelled.length - harmfulRead.length),
    harmful: tokenLosses ? from(ofLabelled, labelled.length - harmfulRead.length, labelled.length) : undefined,
    hasSimilarities: anchors !== undefined && similarityPenalty > 0,
    read: async (texts) => (isPoolRead ? await measured(texts, { phase: `${what} of rows` }) : textMeasures(texts)),
  };
}
