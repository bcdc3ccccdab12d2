import type { StateArray } from '@pharmacist/core';
import type { LanguageModel } from '@pharmacist/language-model';
import type { SelectionContext } from '../selector.ts';
import { cosinesWith } from '../states/cosines-with.ts';
import { pooledStates } from '../states/pooled-states.ts';
import type { RowStates, StatesRequest } from '../states/read-states.ts';
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
export function statesRequest({ config }: Pick<LanguageModel, 'config'>, tokenLosses: boolean): StatesRequest {
  return { layers: [config.numLayers], poolings: POOLINGS, tokenLosses };
}

/** How near a row is to the trusted rows. */
export interface Nearness {
  /** The largest cosine of each part of the row with that part of a trusted row, f64 [SIMILARITY_NAMES]; NaN where there is none. */
  readonly cosines: Float64Array;
  /** Place of the trusted row whose whole answer is the nearest, -1 if there is none. */
  readonly nearest: number;
}

/** Trusted rows as others are held against them. */
export interface NearAnchors {
  /** @param except a trusted row that does not count, -1 for none. */
  nearness(states: RowStates, except?: number): Nearness;
}

/** The same, as they were read. */
export interface Anchors {
  /** Their states by pooling, f32 [M, D] each: all that another process needs. */
  readonly arrays: Readonly<Record<string, StateArray>>;
  /** Of trusted row i with the others. */
  ownNearness(i: number): Nearness;
  /** Its token losses, f32 [targets]; empty unless asked for. */
  tokenLosses(i: number): Float32Array;
}

/** One forward pass over the trusted rows. Memory: 16 D bytes a trusted row. @param trusted in an order of their own. */
export async function readAnchors(
  context: SelectionContext,
  trusted: readonly HashedRow[],
  { tokenLosses }: { readonly tokenLosses: boolean },
): Promise<Anchors> {
  const request = statesRequest(context.model, tokenLosses);
  const [layer] = request.layers;
  const rows = trusted.map(({ tokens }) => tokens);
  const states = await pooledStates(context, { rows, name: 'trusted', phase: 'States of trusted rows' }, request);
  const { hiddenSize } = states;
  const arrays = Object.fromEntries(POOLINGS.map((pooling) => [pooling, states.of(layer!, pooling)]));
  const nearest = nearestOf(arrays, hiddenSize);
  return {
    arrays,
    ownNearness: (i) => nearest((pooling) => arrays[pooling]!.subarray(i * hiddenSize, (i + 1) * hiddenSize), i),
    tokenLosses: (i) => states.tokenLosses(i),
  };
}

/** Trusted rows by what `Anchors.arrays` holds of them; undefined if it holds nothing. */
export function anchorsOf(
  { config }: Pick<LanguageModel, 'config'>,
  arrays: Readonly<Record<string, StateArray>>,
): NearAnchors | undefined {
  if (arrays[POOLINGS[0]!] === undefined) return undefined;
  const nearest = nearestOf(arrays as Readonly<Record<string, Float32Array>>, config.hiddenSize);
  return { nearness: (row, except = -1) => nearest((pooling) => row.state(config.numLayers, pooling), except) };
}

/** @param anchors states by pooling, f32 [M, D] each. */
function nearestOf(anchors: Readonly<Record<string, Float32Array>>, hiddenSize: number) {
  const cosines = POOLINGS.map((pooling) => cosinesWith(anchors[pooling]!, hiddenSize));
  return (stateOf: (pooling: Pooling) => Float32Array, except: number): Nearness => {
    const found = POOLINGS.map((pooling, p) => largest(cosines[p]!(stateOf(pooling)), except));
    return { cosines: Float64Array.from(found, ({ value }) => value), nearest: found[0]!.place };
  };
}

/** The largest of the values but one, and its place; NaN and -1 if there is no other. */
function largest(values: Float64Array, except: number): { value: number; place: number } {
  let place = -1;
  for (let i = 0; i < values.length; i++) if (i !== except && (place < 0 || values[i]! > values[place]!)) place = i;
  return { value: values[place] ?? NaN, place };
}
