import { normalScorer } from '../learning/normal-scores.ts';
import { softplus } from '../learning/log-loss.ts';

/** What each head says of N rows, f64 [N] each; NaN for rows without an answer. */
export interface HeadValues {
  /** Log-odds by words; left out where there is nothing to learn words from. */
  readonly words?: Float64Array;
  /** Cosines with trusted rows, f32 [N], one list a part of the row; empty without trusted rows. */
  readonly similarities: readonly Float32Array[];
  /** Log-odds that the answer is unspoiled. */
  readonly form?: Float64Array;
  /** Log-odds, by the pool's own words, that the answer is like those that rank first by the other heads (words/pool-words.ts). */
  readonly poolWords?: Float64Array;
}

/** What a head takes from a row's score: 0 where it finds nothing wrong, ever less where it does. f64 [N] each. */
export interface Penalties {
  readonly words: Float64Array;
  readonly similarity: Float64Array;
  readonly form: Float64Array;
  readonly poolWords: Float64Array;
}

export interface HeadWeights {
  readonly words: number;
  readonly similarity: number;
  readonly form: number;
  readonly poolWords: number;
}

/**
 * How heads add up: a row must be good on every count, so what counts is where it is poor. Each head's value z takes ln(1 + exp(-z)) from the score, next to
 * nothing for a large z and -z for a small one (a soft minimum). Words, those of the pool and similarities have no scale of their own and enter as normal scores within the pool;
 * form has one, log-odds, so that a pool without spoiled rows is not ranked by noise.
 *   score = -w_words s(z_words) - w_similarity mean_k s(z_k) - w_form s(log-odds) - w_pool s(z_pool),   s(z) = ln(1 + exp(-z))
 * @param pool what the heads say of the pool: the scale of every row, in it or not.
 * @returns a function from values to penalties, whose sum is the score.
 */
export function jointScore(pool: HeadValues, weights: HeadWeights): (values: HeadValues) => Penalties {
  const ranked = (reference: Float64Array | undefined, values: Float64Array | undefined, weight: number) =>
    reference && values && toPenalties(normalScorer(reference)(values), weight);
  return ({ words, similarities, form, poolWords }) => {
    const numRows = (words ?? form ?? similarities[0])!.length;
    const similarity = new Float64Array(numRows);
    // One scale after the other: each is a sorted copy of the pool's values.
    for (const [k, reference] of pool.similarities.entries()) {
      addPenalty(similarity, normalScorer(reference)(similarities[k]!), weights.similarity / pool.similarities.length);
    }
    return {
      words: ranked(pool.words, words, weights.words) ?? new Float64Array(numRows),
      similarity,
      form: form ? toPenalties(form.slice(), weights.form) : new Float64Array(numRows),
      poolWords: ranked(pool.poolWords, poolWords, weights.poolWords) ?? new Float64Array(numRows),
    };
  };
}

export function sumOfPenalties({ words, similarity, form, poolWords }: Penalties): Float64Array {
  return words.map((value, i) => value + similarity[i]! + form[i]! + poolWords[i]!);
}

/** In place: another list of ten million rows would take 80 MB. */
function toPenalties(z: Float64Array, weight: number): Float64Array {
  for (let i = 0; i < z.length; i++) z[i] = -weight * softplus(-z[i]!);
  return z;
}

function addPenalty(sum: Float64Array, z: Float64Array, weight: number): void {
  for (let i = 0; i < z.length; i++) sum[i]! += -weight * softplus(-z[i]!);
}
