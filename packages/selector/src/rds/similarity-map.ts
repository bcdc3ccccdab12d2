import { cosinesWith } from '../states/cosines-with.ts';
import { checkLayers } from '../states/pooled-states.ts';
import type { Pooling } from '../states/poolings.ts';
import { statesReader } from '../states/read-states.ts';
import type { StateLayer } from '../states/state-layer.ts';
import type { RowMap } from '../row-maps/row-map.ts';

interface SimilarityMeta {
  readonly layer: StateLayer;
  readonly pooling: Pooling;
  /** 0, or to keep the similarity to each, how many queries there are. */
  readonly numKept: number;
}

/** The largest cosine of a row's state with those of the queries, and, where they are kept, each. Parameters: `queries` f32 [M, D]. */
export const similarityMap: RowMap<SimilarityMeta> = {
  name: 'similarities',
  passes: ['forward'],
  forms({ config }, { meta: { layer, numKept } }) {
    checkLayers({ layers: [layer], poolings: [] }, config);
    return { best: { type: 'f64', each: 1 }, ...(numKept > 0 && { all: { type: 'f32', each: numKept } }) };
  },
  open(model, { meta: { layer, pooling, numKept }, arrays }, phase) {
    const cosines = cosinesWith(arrays['queries'] as Float32Array, model.config.hiddenSize);
    return statesReader(model, { layers: [layer], poolings: [pooling] }, phase, ({ state }) => {
      const found = cosines(state(layer, pooling));
      return { best: [found.reduce((most, cosine) => Math.max(most, cosine))], ...(numKept > 0 && { all: found }) };
    });
  },
};
