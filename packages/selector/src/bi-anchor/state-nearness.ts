import type { SelectionContext } from '../selector.ts';
import { pooledStates, readStates, type StatesRequest } from '../states/pooled-states.ts';
import type { Anchors } from './anchor-rows.ts';
import type { BiAnchorConfig } from './config.ts';
import { meanOfLargest, type NearnessOf } from './contrast.ts';

const REQUEST = { layers: ['normed'], poolings: ['last'] } as const satisfies StatesRequest;

/** The mean of the `numNearest` largest cosines of a row's state with those of an anchor's rows. Anchors are read now, and only they are kept. */
export async function stateNearness(context: SelectionContext, { numNearest }: BiAnchorConfig, anchors: Anchors): Promise<NearnessOf> {
  const units = { trusted: await unitStates(context, anchors, 'trusted'), harmful: await unitStates(context, anchors, 'harmful') };
  return async (pass) => {
    const column = () => new Float64Array(pass.rows.length).fill(NaN);
    const nearness = { trusted: column(), harmful: column() };
    await readStates(context, pass, REQUEST, nearness, (index, row) => {
      const state = unit(row.state('normed', 'last'));
      const nearnessTo = (role: keyof Anchors) =>
        meanOfLargest(
          Float64Array.from(units[role], (anchor) => dot(state, anchor)),
          numNearest,
        );
      nearness.trusted[index] = nearnessTo('trusted');
      nearness.harmful[index] = nearnessTo('harmful');
    });
    return nearness;
  };
}

/** Unit states of an anchor's rows, f64 [D] each. */
async function unitStates(context: SelectionContext, anchors: Anchors, role: keyof Anchors): Promise<Float64Array[]> {
  const rows = anchors[role];
  const { hiddenSize, of } = await pooledStates(context, { rows, phase: `Hidden states of the ${role} rows` }, REQUEST);
  const states = of('normed', 'last');
  return rows.map((_, i) => unit(states.subarray(i * hiddenSize, (i + 1) * hiddenSize)));
}

/** A state of zeros stays one: it is like nothing. */
function unit(state: Float32Array): Float64Array {
  const exact = Float64Array.from(state);
  const norm = Math.sqrt(dot(exact, exact));
  return norm > 0 ? exact.map((value) => value / norm) : exact;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let d = 0; d < x.length; d++) sum += x[d]! * y[d]!;
  return sum;
}
