import type { RowPass } from './row-maps/map-rows.ts';
import type { SelectionContext } from './selector.ts';
import { pooledStates } from './states/pooled-states.ts';

/** What one forward pass of the base model says about N rows; NaN for rows without targets. */
export interface RowFeatures {
  /** D. */
  readonly hiddenSize: number;
  /** Mean final hidden state over the prompt's tokens (0 where there are none) and over the answer's, f32 [N, D] each. */
  readonly prompt: Float32Array;
  readonly answer: Float32Array;
  /** Mean answer NLL, nats a token, f64 [N]. */
  readonly loss: Float64Array;
}

/** Features of rows, in one forward pass. Memory: 8 D + 8 bytes a row and 4 bytes a target. @throws {NumericError} if one is not finite. */
export async function rowFeatures(context: SelectionContext, pass: RowPass): Promise<RowFeatures> {
  const { hiddenSize, of, tokenLosses } = await pooledStates(context, pass, {
    layers: ['normed'],
    poolings: ['prompt-mean', 'answer-mean'],
    tokenLosses: true,
  });
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    hiddenSize,
    prompt: of('normed', 'prompt-mean'),
    answer: of('normed', 'answer-mean'),
    loss: Float64Array.from(pass.rows, (_, index) => mean(tokenLosses(index))),
  };
}
