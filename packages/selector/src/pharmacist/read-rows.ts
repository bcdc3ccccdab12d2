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
  const isNeeded = trusted.length > 0 && (form === 'losses' || similarityPenalty > 0);
  const anchors: Anchors | undefined = isNeeded ? await readAnchors(context, trusted) : undefined;
  // Words, and form by text, need no model.
  const isPoolRead = form === 'losses' || anchors !== undefined;
  const ofForm = (measures: Measures, texts: readonly TextRow[]): Measures =>
    form === 'losses' ? measures : { ...measures, numbers: textMeasures(texts).numbers };
  const shared = {
    hasSimilarities: anchors !== undefined && similarityPenalty > 0,
    trusted: trusted.length === 0 ? undefined : anchors ? ofForm(measuresOfAnchors(trusted, anchors), trusted) : textMeasures(trusted),
    read: async (texts: readonly TextRow[]) =>
      isPoolRead
        ? ofForm(await measureRows(context, texts, { phase: 'States and losses of rows' }, { anchors }), texts)
        : textMeasures(texts),
  };
  const labelled = [...trustedCopies, ...poolCopies, ...harmfulRead];
  const from = (measures: Measures, start: number): Measures => ({
    numbers: (i) => measures.numbers(start + i),
    lossNumber: (i, k) => measures.lossNumber(start + i, k),
    similarities: (i) => measures.similarities(start + i),
    nearest: (i) => measures.nearest(start + i),
  });
  const measured =
    form === 'losses'
      ? await measureRows(
          context,
          labelled,
          { name: 'labelled', phase: 'States and losses of spoiled copies and harmful rows' },
          { anchors, except: (i) => trustedCopies[i]?.parent },
        )
      : textMeasures(labelled);
  const pool = isPoolRead
    ? await measureRows(context, context.pool, { name: 'pool', phase: 'States and losses of the pool' }, { anchors })
    : textMeasures(context.pool);
  return {
    ...shared,
    pool: ofForm(pool, context.pool),
    trustedCopies: from(measured, 0),
    poolCopies: from(measured, trustedCopies.length),
    harmful: form === 'losses' ? from(measured, trustedCopies.length + poolCopies.length) : undefined,
  };
}
