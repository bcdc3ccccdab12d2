import type { SelectionContext, TextRow } from '../selector.ts';
import { rowSlices } from '../row-slices.ts';
import type { Fold } from './fold.ts';
import { fitFormModel, type FormGroup, type FormModel } from './form/form-model.ts';
import type { HeadValues } from './joint-score.ts';
import type { LabelledRows } from './labelled-rows.ts';
import type { Measures } from './measures.ts';
import type { ReadRows } from './read-rows.ts';
import { SIMILARITY_NAMES } from './similarity.ts';
import type { WordHead } from './words/word-head.ts';

export interface Heads {
  readonly words?: WordHead | undefined;
  readonly form?: FormModel | undefined;
  readonly hasSimilarities: boolean;
}

/** Learns form from what was read. @param foldOf the half of a row of the pool. */
export async function fitForm(
  { signal }: Pick<SelectionContext, 'signal'>,
  { trusted, trustedCopies, poolCopies, originals }: LabelledRows,
  measured: Pick<ReadRows, 'pool' | 'trusted' | 'trustedCopies' | 'poolCopies'>,
  foldOf: (row: number) => Fold,
): Promise<FormModel> {
  const group = (isSpoiled: boolean, rows: readonly { readonly fold: Fold }[], measures: Measures | undefined): FormGroup => ({
    isSpoiled,
    rows: measures === undefined ? [] : rows.map(({ fold }, i) => ({ fold, numbers: measures.numbers(i) })),
  });
  return await fitFormModel(
    [
      { isSpoiled: false, rows: originals.map((place) => ({ fold: foldOf(place), numbers: measured.pool.numbers(place) })) },
      group(true, poolCopies, measured.poolCopies),
      group(false, trusted, measured.trusted),
      group(true, trustedCopies, measured.trustedCopies),
    ],
    signal,
  );
}

/** What the heads say of rows that were read. @param isHeldOut words by a model of the other half of the known rows. */
export async function headValues(
  context: Pick<SelectionContext, 'reporter' | 'signal'>,
  { words, form, hasSimilarities }: Heads,
  rows: readonly TextRow[],
  measures: Measures,
  { foldOf, isHeldOut = false }: { readonly foldOf: (i: number) => Fold; readonly isHeldOut?: boolean },
): Promise<HeadValues> {
  const column = () => new Float64Array(rows.length).fill(NaN);
  const [byWords, byForm] = [column(), column()];
  const similarities = hasSimilarities ? SIMILARITY_NAMES.map(column) : [];
  for await (const [start, end] of rowSlices(rows.length, 'Words and form of the rows', context)) {
    for (let i = start; i < end; i++) {
      const { text, tokens } = rows[i]!;
      if (!tokens.hasTargets) continue;
      if (words) byWords[i] = isHeldOut ? words.heldOutDecision(text.response, foldOf(i)) : words.decision(text.response);
      if (form) byForm[i] = form.decision(measures.numbers(i), foldOf(i));
      if (hasSimilarities) measures.similarities(i).forEach((cosine, k) => (similarities[k]![i] = cosine));
    }
  }
  return { similarities, ...(words && { words: byWords }), ...(form && { form: byForm }) };
}
