import type { ModelConfig } from '@pharmacist/language-model';
import { mapRows, type RowPass } from '../row-maps/map-rows.ts';
import type { RowMap, ValueForm } from '../row-maps/row-map.ts';
import type { SelectionContext } from '../selector.ts';
import type { Pooling } from './poolings.ts';
import { type StatesRequest, statesReader } from './read-states.ts';
import { checkLayer, type StateLayer } from './state-layer.ts';

const nameOf = (layer: StateLayer, pooling: Pooling) => `${layer} ${pooling}`;

/** Each layer and pooling that is asked for. */
function kindsOf({ layers, poolings }: StatesRequest) {
  return layers.flatMap((layer) => poolings.map((pooling) => ({ layer, pooling, name: nameOf(layer, pooling) })));
}

/** @throws {ConfigError} if the model lacks a layer. */
export function checkLayers({ layers }: StatesRequest, config: ModelConfig): void {
  for (const layer of layers) checkLayer(layer, config);
}

/** States of a row as they are, f32 [D] each, and its token losses. */
export const stateMap: RowMap<StatesRequest> = {
  name: 'states',
  passes: ['forward'],
  forms({ config }, { meta }) {
    checkLayers(meta, config);
    const states = kindsOf(meta).map(({ name }): [string, ValueForm] => [name, { type: 'f32', each: config.hiddenSize }]);
    // All rows' losses end to end, so that a checkpoint holds them as one array.
    return Object.fromEntries([...states, ['tokenLosses', { type: 'f32', each: meta.tokenLosses === true ? 'targets' : 0 }]]);
  },
  open: (model, { meta }, phase) =>
    statesReader(model, meta, phase, ({ state, tokenLosses }) =>
      Object.fromEntries([...kindsOf(meta).map(({ layer, pooling, name }) => [name, state(layer, pooling)]), ['tokenLosses', tokenLosses]]),
    ),
};

/** States and token losses of N rows, kept. */
export interface PooledStates {
  /** D. */
  readonly hiddenSize: number;
  /** f32 [N, D]; NaN for rows without targets. */
  of(layer: StateLayer, pooling: Pooling): Float32Array;
  /** As `RowStates.tokenLosses`; empty for rows without targets. */
  tokenLosses(index: number): Float32Array;
}

/**
 * Keeps the states of all rows that have targets, of one forward pass. Memory: 4 D bytes a row for each layer and pooling, and with token losses 4
 * bytes a target. @throws {ConfigError} if the model lacks a layer. @throws {NumericError} if a state or a loss is not finite.
 */
export async function pooledStates(context: SelectionContext, pass: RowPass, request: StatesRequest): Promise<PooledStates> {
  const values = await mapRows(context, pass, stateMap, { parameters: { meta: { ...request }, arrays: {} } });
  return {
    hiddenSize: context.model.config.hiddenSize,
    of: (layer, pooling) => values.arrays[nameOf(layer, pooling)] as Float32Array,
    tokenLosses: (index) => values.of('tokenLosses', index) as Float32Array,
  };
}
