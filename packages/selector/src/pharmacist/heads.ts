import { memberOf } from '@pharmacist/core';
import type { SelectionContext, TextRow } from '../selector.ts';
import { rowSlices } from '../row-slices.ts';
import type { Fold } from './fold.ts';
import { fitFormModel, type FormGroup, type FormModel, joinedForm } from './form/form-model.ts';
import { shapeOf } from './form/row-numbers.ts';
import type { HeadValues } from './joint-score.ts';
import type { LabelledRows } from './labelled-rows.ts';
import { type Measures, textMeasures } from './measures.ts';
import type { ReadRows } from './read-rows.ts';
import { SIMILARITY_NAMES } from './similarity.ts';
import type { PoolWords } from './words/pool-words.ts';
import type { WordHead } from './words/word-head.ts';

export interface Heads {
  readonly words?: WordHead | undefined;
  readonly form?: FormModel | undefined;
  readonly hasSimilarities: boolean;
  /** Learned from what the other heads say of the pool. */
  readonly poolWords?: PoolWords | undefined;
}

/** Learns form: shape from the texts of many copies, and losses from the copies that were read. @param foldOf the half of a row of the pool. */
export async function fitForm(
  { signal }: Pick<SelectionContext, 'signal'>,
  { trusted, trustedCopies, poolCopies, trustedShapes, poolShapes, originals }: LabelledRows,
  read: Pick<ReadRows, 'pool' | 'trusted' | 'trustedCopies' | 'poolCopies'>,
  foldOf: (row: number) => Fold,
): Promise<FormModel> {
  const group = (isSpoiled: boolean, rows: readonly Halved[], numbers: ((i: number) => Float64Array) | undefined): FormGroup => ({
    isSpoiled,
    rows: numbers === undefined ? [] : rows.map(({ fold }, i) => ({ fold, numbers: numbers(i) })),
  });
  const asTheyAre = originals.map((place) => ({ fold: foldOf(place), place }));
  const numbersAsTheyAre = asTheyAre.map(({ place }) => read.pool.numbers(place));
  const ofPool = (i: number) => numbersAsTheyAre[i]!;
  const shapes = (rows: readonly TextRow[]) => (i: number) => shapeOf(textMeasures(rows).numbers(i));
  const shape = await fitFormModel(
    [
      group(false, asTheyAre, (i) => shapeOf(ofPool(i))),
      group(true, poolShapes, shapes(poolShapes)),
      group(false, trusted, shapes(trusted)),
      group(true, trustedShapes, shapes(trustedShapes)),
    ],
    signal,
  );
  const hasLosses = poolCopies.length + trustedCopies.length > 0;
  const losses = hasLosses
    ? await fitFormModel(
        [
          group(false, asTheyAre, ofPool),
          group(true, poolCopies, read.poolCopies.numbers),
          group(false, trusted, read.trusted?.numbers),
          group(true, trustedCopies, read.trustedCopies.numbers),
        ],
        signal,
      )
    : undefined;
  return joinedForm(shape, losses);
}

interface Halved {
  readonly fold: Fold;
}

/** What the heads say of rows that were read. @param isHeldOut words by a model of the other half of the known rows, NaN where that has none. */
export async function headValues(
  context: Pick<SelectionContext, 'reporter' | 'signal'>,
  { words, form, hasSimilarities, poolWords }: Heads,
  rows: readonly TextRow[],
  measures: Measures,
  {
    foldOf,
    isHeldOut = false,
    phase = 'Words and form of the rows',
  }: { readonly foldOf: (i: number) => Fold; readonly isHeldOut?: boolean; readonly phase?: string },
): Promise<HeadValues> {
  const rowAt = memberOf(rows);
  const columnIf = (isAsked: boolean) => new Float64Array(isAsked ? rows.length : 0).fill(NaN);
  const [byWords, byForm, byPoolWords] = [words, form, poolWords].map((head) => columnIf(head !== undefined)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  // The columns themselves: copies of ten million rows would take a third of a gigabyte.
  const similarities = hasSimilarities ? SIMILARITY_NAMES.map((name) => measures.similarities(name)) : [];
  for await (const [start, end] of rowSlices(rows.length, phase, context)) {
    for (let i = start; i < end; i++) {
      const { text, tokens } = rowAt(i);
      if (!tokens.hasTargets) continue;
      if (words) byWords[i] = isHeldOut ? (words.heldOutDecision(text.response, foldOf(i)) ?? NaN) : words.decision(text.response);
      if (form) byForm[i] = form.decision(measures.numbers(i), foldOf(i));
      if (poolWords) byPoolWords[i] = poolWords.decision(text.response, foldOf(i));
    }
  }
  return { similarities, ...(words && { words: byWords }), ...(form && { form: byForm }), ...(poolWords && { poolWords: byPoolWords }) };
}
