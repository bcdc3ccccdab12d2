import type { SelectionContext } from '../selector.ts';
import { cosinesWith } from '../states/cosines-with.ts';
import { pooledStates, type RowStates, type StatesRequest } from '../states/pooled-states.ts';
import type { Pooling } from '../states/poolings.ts';
import type { HashedRow } from './fold.ts';

/** The parts of a row that are held against the trusted rows', and the column of each. */
export const SIMILARITIES = {
  trusted_similarity: 'answer-mean',
  trusted_start_similarity: 'answer-first',
  trusted_end_similarity: 'answer-last',
  trusted_prompt_similarity: 'prompt-last',
} as const satisfies Readonly<Record<string, Pooling>>;

export type SimilarityName = keyof typeof SIMILARITIES;
export const SIMILARITY_NAMES = Object.keys(SIMILARITIES) as readonly SimilarityName[];
const POOLINGS = SIMILARITY_NAMES.map((name) => SIMILARITIES[name]);

/** What of each row is read: states after the last block, before the final norm, where RDS+ takes those after it (methods compared in docs/log.md). */
export function statesRequest({ model }: Pick<SelectionContext, 'model'>): StatesRequest {
  return { layers: [model.config.numLayers], poolings: POOLINGS, tokenLosses: true };
}

/** The largest cosine of each part of a row with that part of a trusted row, f64 [SIMILARITY_NAMES]. */
export type Nearness = (states: RowStates, except?: number) => Float64Array;

/** Trusted rows as others are held against them. */
export interface Anchors {
  readonly nearness: Nearness;
  /** Of trusted row i with the others: f64 [SIMILARITY_NAMES], NaN where it is the only one. */
  ownNearness(i: number): Float64Array;
  /** Its token losses, f32 [targets]. */
  tokenLosses(i: number): Float32Array;
}

/** One forward pass over the trusted rows. Memory: 16 D bytes a trusted row. @param trusted in an order of their own. */
export async function readAnchors(context: SelectionContext, trusted: readonly HashedRow[]): Promise<Anchors> {
  const request = statesRequest(context);
  const [layer] = request.layers;
  const rows = trusted.map(({ tokens }) => tokens);
  const states = await pooledStates(context, { rows, name: 'trusted', phase: 'States of trusted rows' }, request);
  const cosines = POOLINGS.map((pooling) => cosinesWith(states.of(layer!, pooling), states.hiddenSize));
  const largest = (values: Float64Array, except: number) =>
    values.reduce((most, value, i) => (i === except || value <= most ? most : value), -Infinity);
  const nearness = (stateOf: (pooling: Pooling) => Float32Array, except: number) =>
    Float64Array.from(POOLINGS, (pooling, p) => {
      const found = largest(cosines[p]!(stateOf(pooling)), except);
      return Number.isFinite(found) ? found : NaN;
    });
  return {
    nearness: (row, except = -1) => nearness((pooling) => row.state(layer!, pooling), except),
    ownNearness: (i) => nearness((pooling) => states.of(layer!, pooling).subarray(i * states.hiddenSize, (i + 1) * states.hiddenSize), i),
    tokenLosses: (i) => states.tokenLosses(i),
  };
}
