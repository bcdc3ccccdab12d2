import { checkLayers } from '../states/pooled-states.ts';
import { statesReader } from '../states/read-states.ts';
import type { RowMap } from '../row-maps/row-map.ts';
import { LOSS_NUMBERS, lossNumbers } from './form/row-numbers.ts';
import { anchorsOf, SIMILARITY_NAMES, statesRequest } from './similarity.ts';

/** Which of the two is read. */
export interface MeasureMeta {
  /** Whether loss numbers are: without them no row is held against the vocabulary. */
  readonly tokenLosses: boolean;
}

/**
 * What one forward pass says of a row beside its text: its loss numbers, and how near it is to the trusted rows, each by its own name, so that all rows' values
 * of one are a column of the ranking. A row's mark is the trusted row that it must not be held against, -1 for none. Parameters: states of the trusted rows by
 * pooling (`Anchors.arrays`), or none.
 */
export const measureMap: RowMap<MeasureMeta> = {
  name: 'measures',
  passes: ['forward'],
  forms(model, { meta }) {
    checkLayers(statesRequest(model, meta.tokenLosses), model.config);
    const names = [...(meta.tokenLosses ? LOSS_NUMBERS : []), ...SIMILARITY_NAMES];
    return {
      ...Object.fromEntries(names.map((name) => [name, { type: 'f32', each: 1 } as const])),
      nearest: { type: 'i32', each: 1, empty: -1 },
    };
  },
  open(model, { meta, arrays }, phase) {
    const anchors = anchorsOf(model, arrays);
    const none = { cosines: new Float32Array(SIMILARITY_NAMES.length).fill(NaN), nearest: -1 };
    return statesReader(model, statesRequest(model, meta.tokenLosses), phase, (states, { rows, marks }, b) => {
      const { cosines, nearest } = anchors?.nearness(states, marks[b]) ?? none;
      const losses = meta.tokenLosses ? lossNumbers(states.tokenLosses, rows[b]!.truncated) : [];
      const found: Record<string, readonly number[]> = { nearest: [nearest] };
      losses.forEach((value, k) => (found[LOSS_NUMBERS[k]!] = [value]));
      cosines.forEach((value, k) => (found[SIMILARITY_NAMES[k]!] = [value]));
      return found;
    });
  },
};
