import { slices } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';
import type { DividedTexts } from './divided-texts.ts';
import type { MappedText, TextMap, TextParameters } from './text-map.ts';

/** Rows between two moments in which an interrupt is heard: some hundredths of a second of tokenising. */
const SLICE = 100;

/** Which texts are read, by which map, and who hears what was found. */
export type TextPass<P extends TextParameters> = Pick<DividedTexts, 'phase' | 'numRows' | 'textAt' | 'take'> & {
  /** Of the files of other processes; a pass without one is read here. */
  readonly name?: string | undefined;
  readonly map: TextMap<P>;
  readonly parameters: P;
};

type TextContext = Pick<SelectionContext, 'batchSize' | 'maxLength' | 'elsewhere' | 'reporter' | 'signal'> & {
  readonly model: Pick<LanguageModel, 'tokenizer'>;
};

/** Reads texts once, here or in other processes: what is found is the same and comes in the same order. @throws {InterruptedError} */
export async function mapTexts<P extends TextParameters>(
  context: TextContext,
  { name, map, parameters, ...pass }: TextPass<P>,
): Promise<void> {
  const { model, batchSize, maxLength, elsewhere, reporter, signal } = context;
  const { phase, numRows, textAt, take } = pass;
  if (name !== undefined && elsewhere !== undefined) {
    const isMade = await elsewhere.texts({ ...pass, name, map: map as TextMap, parameters, batchSize, maxLength });
    if (isMade) return;
  }
  const read = map.open(model, parameters);
  for await (const [start, end] of slices(numRows, { size: SLICE, signal })) {
    const [indices, texts]: [number[], MappedText[]] = [[], []];
    for (let index = start; index < end; index++) {
      const text = textAt(index);
      if (text === undefined) continue;
      indices.push(index);
      texts.push(text);
    }
    let place = 0;
    for (const found of read(texts)) take(indices[place++]!, found);
    if (numRows > SLICE) reporter.progress({ phase, done: end, total: numRows, unit: 'rows' });
  }
}
