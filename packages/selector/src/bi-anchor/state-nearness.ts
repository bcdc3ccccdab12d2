import type { SelectionContext } from '../selector.ts';
import { cosinesWith } from '../states/cosines-with.ts';
import { mapRows } from '../row-maps/map-rows.ts';
import type { RowMap, ValueForm } from '../row-maps/row-map.ts';
import { pooledStates } from '../states/pooled-states.ts';
import { statesReader, type StatesRequest } from '../states/read-states.ts';
import type { BiAnchorConfig } from './config.ts';
import { meanOfLargest } from './contrast.ts';
import type { Anchors, NearnessOf } from './nearness.ts';

const REQUEST = { layers: ['normed'], poolings: ['last'] } as const satisfies StatesRequest;

const column: ValueForm = { type: 'f64', each: 1 };

/** Nearness of a row's state to those of both anchors. Parameters: `trusted` and `harmful`, f32 [M, D]. */
export const stateNearnessMap: RowMap<{ readonly numNearest: number }> = {
  name: 'state nearness',
  passes: ['forward'],
  forms: () => ({ trusted: column, harmful: column }),
  open(model, { meta: { numNearest }, arrays }, phase) {
    const cosines = (role: keyof Anchors) => cosinesWith(arrays[role] as Float32Array, model.config.hiddenSize);
    const [trusted, harmful] = [cosines('trusted'), cosines('harmful')];
    return statesReader(model, REQUEST, phase, (row) => {
      const state = row.state('normed', 'last');
      return { trusted: [meanOfLargest(trusted(state), numNearest)], harmful: [meanOfLargest(harmful(state), numNearest)] };
    });
  },
};

/** The mean of the `numNearest` largest cosines of a row's state with those of an anchor's rows. The anchors are read now, and only they are kept. */
export async function stateNearness(context: SelectionContext, { numNearest }: BiAnchorConfig, anchors: Anchors): Promise<NearnessOf> {
  const statesOf = async (role: keyof Anchors) => {
    const pass = { rows: anchors[role], phase: `Hidden states of the ${role} rows` };
    return (await pooledStates(context, pass, REQUEST)).of('normed', 'last');
  };
  const parameters = { meta: { numNearest }, arrays: { trusted: await statesOf('trusted'), harmful: await statesOf('harmful') } };
  return async (pass) => {
    const { arrays } = await mapRows(context, pass, stateNearnessMap, { parameters });
    return arrays as Readonly<Record<keyof Anchors, Float64Array>>;
  };
}
