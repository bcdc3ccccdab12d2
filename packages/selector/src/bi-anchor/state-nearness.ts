import type { SelectionContext } from '../selector.ts';
import { cosinesWith } from '../states/cosines-with.ts';
import { pooledStates, readStates, type StatesRequest } from '../states/pooled-states.ts';
import type { BiAnchorConfig } from './config.ts';
import { meanOfLargest } from './contrast.ts';
import type { Anchors, NearnessOf } from './nearness.ts';

const REQUEST = { layers: ['normed'], poolings: ['last'] } as const satisfies StatesRequest;

/** The mean of the `numNearest` largest cosines of a row's state with those of an anchor's rows. The anchors are read now, and only they are kept. */
export async function stateNearness(context: SelectionContext, { numNearest }: BiAnchorConfig, anchors: Anchors): Promise<NearnessOf> {
  const cosinesWithAnchor = async (role: keyof Anchors) => {
    const pass = { rows: anchors[role], phase: `Hidden states of the ${role} rows` };
    const { hiddenSize, of } = await pooledStates(context, pass, REQUEST);
    return cosinesWith(of('normed', 'last'), hiddenSize);
  };
  const cosines = { trusted: await cosinesWithAnchor('trusted'), harmful: await cosinesWithAnchor('harmful') };
  return async (pass) => {
    const column = () => new Float64Array(pass.rows.length).fill(NaN);
    const nearness = { trusted: column(), harmful: column() };
    await readStates(context, pass, REQUEST, nearness, (index, row) => {
      const state = row.state('normed', 'last');
      nearness.trusted[index] = meanOfLargest(cosines.trusted(state), numNearest);
      nearness.harmful[index] = meanOfLargest(cosines.harmful(state), numNearest);
    });
    return nearness;
  };
}
