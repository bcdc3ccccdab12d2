import { unitStates } from './explain/unit-states.ts';
import { backInPlace, idOrder } from './id-order.ts';
import { rowFeatures } from './row-features.ts';
import { type Ranking, type SelectionContext, tokensOf } from './selector.ts';
import { sinkUnscored, standardise } from './standardise.ts';

export interface Picks {
  /** What a row was worth when it was picked, f64 [N]: never more than the row picked before it. Rows not picked: what they are worth after all picks. */
  readonly values: Float64Array;
  /** Greatest cosine with a row that was picked before it, f64 [N]; 0 if there is none above 0. */
  readonly similarity: Float64Array;
}

/**
 * Greedy picks by maximal marginal relevance (Carbonell & Goldstein 1998): each time the row of the greatest
 *   value = z(score) - redundancy * max(0, cosine with the nearest row picked so far)
 * Values never grow from pick to pick, so that they rank the rows in the order of the picks. Equal values: the first row. Time grows with rows times picks.
 * @param scores f64 [N]; NaN is never picked. @param vectors f32 [N, D], of unit length. @param numPicks at most N.
 */
export function diversePicks(scores: Float64Array, vectors: Float32Array, redundancy: number, numPicks: number): Picks {
  const relevance = standardise(scores);
  const size = vectors.length / scores.length;
  const values = relevance.slice();
  const similarity = new Float64Array(scores.length);
  const open = new Set(Array.from(scores.keys()).filter((row) => !Number.isNaN(relevance[row]!)));
  for (let pick = 0; pick < numPicks && open.size > 0; pick++) {
    let best = -1;
    for (const row of open) if (best < 0 || values[row]! > values[best]!) best = row;
    open.delete(best);
    for (const row of open) {
      let cosine = 0;
      for (let d = 0; d < size; d++) cosine += vectors[row * size + d]! * vectors[best * size + d]!;
      if (cosine > similarity[row]!) {
        similarity[row] = cosine;
        values[row] = relevance[row]! - redundancy * cosine;
      }
    }
  }
  return { values, similarity };
}

/**
 * A ranking whose first `numPicks` rows do not repeat each other: the scores of any method, less their nearness by mean hidden
 * states to rows picked before. One forward pass.
 * @returns picks as scores, with the columns `method_score` and `similarity`; it scores no unseen rows.
 */
export async function diversified(
  context: SelectionContext,
  { scores, columns }: Ranking,
  { redundancy, numPicks }: { redundancy: number; numPicks: number },
): Promise<Ranking> {
  const { pool } = context;
  const order = idOrder(pool);
  const rows = tokensOf(order.map((index) => pool[index]!));
  const features = await rowFeatures(context, { rows, name: 'diverse-features', phase: 'Diverse pick: hidden states of all rows' });
  const ordered = Float64Array.from(order, (index) => (pool[index]!.tokens.hasTargets ? scores[index]! : NaN));
  const picks = diversePicks(ordered, unitStates(features).vectors, redundancy, numPicks);
  return {
    scores: backInPlace(sinkUnscored(picks.values), order),
    columns: { ...columns, method_score: scores, similarity: backInPlace(picks.similarity, order) },
  };
}
