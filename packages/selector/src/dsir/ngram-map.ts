import type { PromptedRow } from '@pharmacist/language-model';
import type { TextMap } from '../text-maps/text-map.ts';
import { NgramBuckets } from './ngram-buckets.ts';

/** What of a row is read: prompt and response, or the response alone. */
export type RowText = 'both' | 'response';

export interface NgramParameters extends Record<string, unknown> {
  readonly text: RowText;
  readonly numBuckets: number;
}

/** Buckets of a text's unigrams and bigrams, one an occurrence. The counts of a pool are their sum, whoever found them. */
export const ngramMap: TextMap<NgramParameters> = {
  name: 'n-grams',
  lists: ['buckets'],
  open(_, { text: which, numBuckets }) {
    const ngrams = new NgramBuckets(numBuckets);
    return function* (texts) {
      for (const { text } of texts) yield { buckets: ngrams.of(readText(text, which)) };
    };
  },
};

export function readText({ prompt, response }: PromptedRow, which: RowText): string {
  return which === 'both' ? `${prompt}\n${response}` : response;
}
