import { answerTerms, wordOfTerm, wordSpans } from './answer-terms.ts';
import { eachBucket, hashedTerms, NUM_BUCKETS } from './hashed-terms.ts';
import type { WordModel } from './word-model.ts';

/** What a word adds to the log-odds of its answer. */
export interface WordShare {
  /** As terms write it; undefined: that the answer ends where it ends. */
  readonly word: string | undefined;
  /** Where it stands first in the answer, in UTF-16 units. */
  readonly span?: readonly [start: number, end: number] | undefined;
  readonly amount: number;
}

/**
 * Parts a decision among the words of the answer: what a bucket adds is shared by the terms that fell into it, a run of terms parts it in equal parts, and a word that begins
 * or ends the answer gets what it adds as such, too. With the bias the shares sum to the decision.
 * @param usual f64 [NUM_BUCKETS], the mean row of other answers: a share is then what the word adds beyond what it adds to them. Words of every answer say nothing.
 */
export function wordShares({ weights }: WordModel, answer: string, usual?: Float64Array): WordShare[] {
  const terms = answerTerms(answer);
  const { indices, values } = hashedTerms(terms);
  const counts = new Map<number, number>();
  eachBucket(terms, (bucket) => counts.set(bucket, (counts.get(bucket) ?? 0) + 1));
  const each = new Map(
    Array.from(indices, (bucket, k) => [bucket, (weights[bucket]! * (values[k]! - (usual?.[bucket] ?? 0))) / counts.get(bucket)!]),
  );
  const amounts = new Map<string | undefined, number>();
  const add = (place: number, amount: number) => {
    const word = wordOfTerm(terms[place]!);
    amounts.set(word, (amounts.get(word) ?? 0) + amount);
  };
  eachBucket(terms, (bucket, start, length) => {
    for (let place = start; place < start + length; place++) add(place, each.get(bucket)! / length);
  });
  const spans = wordSpans(answer);
  return Array.from(amounts, ([word, amount]) => ({ word, span: word === undefined ? undefined : spans.get(word), amount }));
}

/** The mean row of answers: f64 [NUM_BUCKETS]. */
export function usualRow(answers: readonly string[]): Float64Array {
  const sum = new Float64Array(NUM_BUCKETS);
  for (const answer of answers) {
    const { indices, values } = hashedTerms(answerTerms(answer));
    indices.forEach((bucket, k) => (sum[bucket]! += values[k]! / answers.length));
  }
  return sum;
}
