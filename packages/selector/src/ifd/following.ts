import type { TokenizedRow } from '@pharmacist/language-model';
import { meanLosses } from '../mean-losses.ts';
import type { SelectionContext } from '../selector.ts';
import { unpromptedRows } from './unprompted-rows.ts';

/** s(A|Q) and s(A): mean NLL of each row's answer with and without its prompt, nats a token, f64 [N]; NaN for rows without targets. */
export interface AnswerLosses {
  readonly prompted: Float64Array;
  readonly unprompted: Float64Array;
}

/** Both losses under the context's model, over the same answer tokens: two forward passes, the second over shorter rows. @param name of the checkpoints. */
export async function answerLosses(context: SelectionContext, rows: readonly TokenizedRow[], name?: string): Promise<AnswerLosses> {
  const losses = async (what: string, texts: readonly TokenizedRow[]) =>
    await meanLosses(context, { rows: texts, phase: `Losses ${what} the prompt`, ...(name !== undefined && { name: `${name} ${what}` }) });
  const prompted = await losses('with', rows);
  return { prompted, unprompted: await losses('without', unpromptedRows(context, context.model, rows)) };
}

/** Above 1 by more than the rounding of f32 losses. */
const ABOVE_ONE = 1 + 1e-6;

/**
 * Scores of how hard answers are to follow: the largest ratio first. Above 1 the prompt makes its answer less likely: the two do not belong
 * together. The references drop such rows; here they go below all others, the worst last, so that every row has a rank.
 */
export function followingScores(ratios: Float64Array, { dropAboveOne }: { readonly dropAboveOne: boolean }): Float64Array {
  return ratios.map((ratio) => (dropAboveOne && ratio > ABOVE_ONE ? -ratio : ratio));
}
