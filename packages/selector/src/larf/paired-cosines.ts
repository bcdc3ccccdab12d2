import { cosinesWith } from '../states/cosines-with.ts';
import { checkLayers } from '../states/pooled-states.ts';
import { statesReader } from '../states/read-states.ts';
import type { StateLayer } from '../states/state-layer.ts';
import type { RowMap, ValueForm } from '../row-maps/row-map.ts';
import { mean, pairedDifference } from './paired-difference.ts';

const column: ValueForm = { type: 'f64', each: 1 };

/**
 * Cosines of a row's last state with pairs of anchors: the mean of the `top` largest differences, and both means. Parameters: `anchors` f32 [2 M, D], the
 * safe ones first.
 */
export const pairedCosineMap: RowMap<{ readonly layer: StateLayer; readonly top: number }> = {
  name: 'paired cosines',
  passes: ['forward'],
  forms({ config }, { meta }) {
    checkLayers({ layers: [meta.layer], poolings: [] }, config);
    return { difference: column, safe_similarity: column, unsafe_similarity: column };
  },
  open(model, { meta: { layer, top }, arrays }, phase) {
    const { hiddenSize } = model.config;
    const anchors = arrays['anchors'] as Float32Array;
    const cosines = cosinesWith(anchors, hiddenSize);
    const numPairs = anchors.length / hiddenSize / 2;
    return statesReader(model, { layers: [layer], poolings: ['last'] }, phase, ({ state }) => {
      const found = cosines(state(layer, 'last'));
      const [toSafe, toUnsafe] = [found.subarray(0, numPairs), found.subarray(numPairs)];
      return {
        difference: [pairedDifference(toSafe, toUnsafe, top)],
        safe_similarity: [mean(toSafe)],
        unsafe_similarity: [mean(toUnsafe)],
      };
    });
  },
};
