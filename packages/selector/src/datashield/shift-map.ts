import { checkLayers } from '../states/pooled-states.ts';
import { statesReader } from '../states/read-states.ts';
import type { StateLayer } from '../states/state-layer.ts';
import type { RowMap } from '../row-maps/row-map.ts';
import { dot } from './compliance.ts';

/** How far a row's answer moves the state along a direction, NaN for a row without a prompt. Parameters: `direction` f64 [D]. */
export const shiftMap: RowMap<{ readonly layer: StateLayer }> = {
  name: 'shifts',
  passes: ['forward'],
  forms({ config }, { meta }) {
    checkLayers({ layers: [meta.layer], poolings: [] }, config);
    return { shift: { type: 'f64', each: 1 } };
  },
  open(model, { meta: { layer }, arrays }, phase) {
    const direction = arrays['direction'] as Float64Array;
    return statesReader(model, { layers: [layer], poolings: ['answer-mean', 'prompt-last'] }, phase, ({ state }, { rows }, b) => ({
      shift: [
        rows[b]!.numPromptTokens > 0 ? dot(state(layer, 'answer-mean'), direction) - dot(state(layer, 'prompt-last'), direction) : NaN,
      ],
    }));
  },
};
