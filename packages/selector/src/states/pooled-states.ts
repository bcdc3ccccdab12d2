import { InternalError, type StateArray } from '@pharmacist/core';
import { batchInputs, type TokenizedRow } from '@pharmacist/language-model';
import { floats } from '@pharmacist/tensor-kernels';
import { forwardPass, type RowPass } from '../forward-pass.ts';
import { finite } from '../mean-losses.ts';
import type { SelectionContext } from '../selector.ts';
import { type Pooling, poolingShares } from './poolings.ts';
import { checkLayer, type StateLayer } from './state-layer.ts';
import { statesOutput, statesProgram } from './states-program.ts';

/** What a pass reads of each row. */
export interface StatesRequest {
  readonly layers: readonly StateLayer[];
  readonly poolings: readonly Pooling[];
  /** Answer tokens that `answer-first` averages; 8 if left out. */
  readonly numFirstTokens?: number;
  /** Also the loss of every answer token. */
  readonly tokenLosses?: boolean;
}

/** One row's part of a batch: views that do not outlive it. */
export interface RowStates {
  /** f32 [D]; 0 where the row has none of the pooled tokens. */
  state(layer: StateLayer, pooling: Pooling): Float32Array;
  /** Negative log-likelihood of each target, in the order of the answer, f32, nats; empty unless asked for. */
  readonly tokenLosses: Float32Array;
}

/**
 * Reads the states of all rows that have targets in one forward pass; `read` takes from each row what it keeps, into `values`, and nothing else stays.
 * @throws {ConfigError} if the model lacks a layer. @throws {NumericError} if a state or a loss is not finite.
 */
export async function readStates(
  context: SelectionContext,
  pass: RowPass,
  request: StatesRequest,
  values: Readonly<Record<string, StateArray>>,
  read: (index: number, states: RowStates) => void,
): Promise<void> {
  const { model } = context;
  const { layers, poolings, numFirstTokens, tokenLosses = false } = request;
  for (const layer of layers) checkLayer(layer, model.config);
  const key = `states ${layers.join()}${tokenLosses ? ' and token losses' : ''}`;
  const program = model.function(key, () => model.engine.compile(key, statesProgram(model.config, layers, tokenLosses)));
  await forwardPass(context, pass, values, async ({ batch, indices }) => {
    const rows = indices.map((index) => pass.rows[index]!);
    const outputs = await program.run({
      ...model.inputs,
      ...batchInputs(batch, new Float32Array(batch.batchSize)),
      poolingShares: poolingShares(batch, rows, poolings, numFirstTokens),
    });
    const states = new Map(layers.map((layer) => [layer, floats(outputs[statesOutput(layer)]!)]));
    for (const data of states.values()) checkFinite(data, 'state', pass.phase);
    const losses = tokenLosses ? floats(outputs['tokenLosses']!) : new Float32Array(0);
    checkFinite(losses, 'loss', pass.phase);
    const { hiddenSize } = model.config;
    const starts = cumulative(batch.rowTargetCounts);
    indices.forEach((index, b) =>
      read(index, {
        state: (layer, pooling) => {
          const [found, p] = [states.get(layer), poolings.indexOf(pooling)];
          if (found === undefined || p < 0) throw new InternalError(`states of ${layer} by ${pooling} were not asked for`, { where: key });
          const start = (b * poolings.length + p) * hiddenSize;
          return found.subarray(start, start + hiddenSize);
        },
        tokenLosses: losses.subarray(starts[b]!, starts[b + 1]!),
      }),
    );
  });
}

/** States and token losses of N rows, kept. */
export interface PooledStates {
  /** D. */
  readonly hiddenSize: number;
  /** f32 [N, D]; NaN for rows without targets. */
  of(layer: StateLayer, pooling: Pooling): Float32Array;
  /** As `RowStates.tokenLosses`; empty for rows without targets. */
  tokenLosses(index: number): Float32Array;
}

/** Keeps what `readStates` reads. Memory: 4 D bytes a row for each layer and pooling, and with token losses 4 bytes a target. */
export async function pooledStates(context: SelectionContext, pass: RowPass, request: StatesRequest): Promise<PooledStates> {
  const { hiddenSize } = context.model.config;
  const { layers, poolings, tokenLosses = false } = request;
  const name = (layer: StateLayer, pooling: Pooling) => `${layer} ${pooling}`;
  const kinds = layers.flatMap((layer) => poolings.map((pooling) => ({ layer, pooling })));
  const states = new Map(
    kinds.map(({ layer, pooling }) => [name(layer, pooling), new Float32Array(pass.rows.length * hiddenSize).fill(NaN)]),
  );
  // All rows' losses end to end, so that a checkpoint holds them as one array; where a row's begin follows from the rows.
  const starts = cumulative(pass.rows.map((row) => (tokenLosses ? numTargets(row) : 0)));
  const losses = new Float32Array(starts.at(-1)!);
  await readStates(context, pass, request, { ...Object.fromEntries(states), tokenLosses: losses }, (index, row) => {
    for (const { layer, pooling } of kinds) states.get(name(layer, pooling))!.set(row.state(layer, pooling), index * hiddenSize);
    losses.set(row.tokenLosses, starts[index]!);
  });
  return {
    hiddenSize,
    of: (layer, pooling) => states.get(name(layer, pooling))!,
    tokenLosses: (index) => losses.subarray(starts[index]!, starts[index + 1]!),
  };
}

/** Tokens of a row that are predicted; the first token of a text has nothing before it. */
function numTargets({ inputIds, numPromptTokens, hasTargets }: TokenizedRow): number {
  return hasTargets ? inputIds.length - Math.max(1, numPromptTokens) : 0;
}

/** Where each list begins in all of them end to end, and at last where they end. */
function cumulative(counts: Iterable<number>): number[] {
  const starts = [0];
  for (const count of counts) starts.push(starts.at(-1)! + count);
  return starts;
}

function checkFinite(data: Float32Array, what: string, where: string): void {
  for (const value of data) finite(value, what, where);
}
