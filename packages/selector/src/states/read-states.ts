import { InternalError } from '@pharmacist/core';
import { batchInputs, type LanguageModel } from '@pharmacist/language-model';
import { floats } from '@pharmacist/tensor-kernels';
import { finite } from '../mean-losses.ts';
import type { FoundValues, MappedBatch, RowReader } from '../row-maps/row-map.ts';
import { type Pooling, poolingShares } from './poolings.ts';
import type { StateLayer } from './state-layer.ts';
import { statesOutput, statesProgram } from './states-program.ts';

/** What a pass reads of each row. */
export interface StatesRequest {
  readonly layers: readonly StateLayer[];
  readonly poolings: readonly Pooling[];
  /** Answer tokens that `answer-first` averages; 8 if left out. */
  readonly numFirstTokens?: number | undefined;
  /** Also the loss of every answer token. */
  readonly tokenLosses?: boolean | undefined;
}

/** One row's part of a batch: views that do not outlive it. */
export interface RowStates {
  /** f32 [D]; 0 where the row has none of the pooled tokens. */
  state(layer: StateLayer, pooling: Pooling): Float32Array;
  /** Negative log-likelihood of each target, in the order of the answer, f32, nats; empty unless asked for. */
  readonly tokenLosses: Float32Array;
}

/**
 * A reader of the states of rows, in one forward pass; `take` makes of each row's what is kept, and nothing else stays.
 * @param take is told the row's place `b` in the batch. The layers exist: a map's `forms` calls checkLayer. @throws {NumericError} if a state or a loss is not finite.
 */
export function statesReader(
  model: LanguageModel,
  request: StatesRequest,
  phase: string,
  take: (states: RowStates, batch: MappedBatch, b: number) => FoundValues,
): RowReader {
  const { layers, poolings, numFirstTokens, tokenLosses = false } = request;
  const key = `states ${layers.join()}${tokenLosses ? ' and token losses' : ''}`;
  const program = model.function(key, () => model.engine.compile(key, statesProgram(model.config, layers, tokenLosses)));
  const { hiddenSize } = model.config;
  return {
    async read(mapped) {
      const { batch, rows } = mapped;
      const outputs = await program.run({
        ...model.inputs,
        ...batchInputs(batch, new Float32Array(batch.batchSize)),
        poolingShares: poolingShares(batch, rows, poolings, numFirstTokens),
      });
      const states = new Map(layers.map((layer) => [layer, floats(outputs[statesOutput(layer)]!)]));
      for (const data of states.values()) checkFinite(data, 'state', phase);
      const losses = tokenLosses ? floats(outputs['tokenLosses']!) : new Float32Array(0);
      checkFinite(losses, 'loss', phase);
      const found: FoundValues[] = [];
      let start = 0;
      for (const b of rows.keys()) {
        const end = start + batch.rowTargetCounts[b]!;
        const state = (layer: StateLayer, pooling: Pooling) => {
          const [data, p] = [states.get(layer), poolings.indexOf(pooling)];
          if (data === undefined || p < 0) throw new InternalError(`states of ${layer} by ${pooling} were not asked for`, { where: key });
          const at = (b * poolings.length + p) * hiddenSize;
          return data.subarray(at, at + hiddenSize);
        };
        found.push(take({ state, tokenLosses: losses.subarray(start, end) }, mapped, b));
        start = end;
      }
      return found;
    },
  };
}

function checkFinite(data: Float32Array, what: string, where: string): void {
  for (const value of data) finite(value, what, where);
}
