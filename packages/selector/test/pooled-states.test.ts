import {
  attendWithin,
  batchInputs,
  bindTensors,
  collate,
  finalNorm,
  hiddenStates,
  lossProgram,
  plainPositions,
  type TokenizedRow,
} from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import { floats, int32, type Program } from '@pharmacist/tensor-kernels';
import { ENGINE_PARITY, F32_FORWARD } from '@pharmacist/tooling/vitest/matchers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type PooledStates, pooledStates } from '../src/states/pooled-states.ts';
import { type Pooling, poolingShares } from '../src/states/poolings.ts';
import type { StatesRequest } from '../src/states/read-states.ts';
import type { StateLayer } from '../src/states/state-layer.ts';
import { statesProgram } from '../src/states/states-program.ts';
import { Attempt, type AttemptOptions, Disk } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const { hiddenSize, numLayers } = model.config;

const ALL: readonly Pooling[] = [
  'weighted-mean',
  'mean',
  'last',
  'answer-mean',
  'answer-last',
  'answer-first',
  'prompt-mean',
  'prompt-last',
];
const LAYERS: readonly StateLayer[] = [...Array.from({ length: numLayers }, (_, l) => l + 1), 'normed'];
const EVERYTHING: StatesRequest = { layers: LAYERS, poolings: ALL, numFirstTokens: 3, tokenLosses: true };

const statesOf = async (rows: readonly TokenizedRow[], options: Partial<AttemptOptions> & { name?: string } = {}, request = EVERYTHING) =>
  await pooledStates(
    new Attempt({ model, pool: [], ...options }).context,
    { rows, phase: 'states', ...(options.name !== undefined && { name: options.name }) },
    request,
  );
const rowOf = (states: PooledStates, layer: StateLayer, pooling: Pooling, index: number) =>
  states.of(layer, pooling).subarray(index * hiddenSize, (index + 1) * hiddenSize);

describe('pooling shares', () => {
  const row = { inputIds: Int32Array.of(5, 6, 7, 8), numPromptTokens: 1, truncated: false, hasTargets: true };
  const sharesOf = (pooling: Pooling, numFirstTokens?: number) => {
    const batch = collate([row], { batchSize: 2, padId: 0, lengthBuckets: [6] });
    return [...floats(poolingShares(batch, [row], [pooling], numFirstTokens))];
  };

  it.each<[Pooling, number[]]>([
    ['weighted-mean', [0.1, 0.2, 0.3, 0.4]],
    ['mean', [0.25, 0.25, 0.25, 0.25]],
    ['last', [0, 0, 0, 1]],
    ['answer-mean', [0, 1 / 3, 1 / 3, 1 / 3]],
    ['answer-last', [0, 0, 0, 1]],
    ['answer-first', [0, 1 / 3, 1 / 3, 1 / 3]],
    ['prompt-mean', [1, 0, 0, 0]],
    ['prompt-last', [1, 0, 0, 0]],
  ])('%s', (pooling, expected) => {
    // Two places of padding, and a row of padding.
    expect(sharesOf(pooling)).toBeAllclose([...expected, ...Array.from({ length: 8 }, () => 0)], F32_FORWARD);
  });

  it('take as many first tokens as asked for, and nothing of a prompt that is not there', () => {
    expect(sharesOf('answer-first', 2)).toEqual([0, 0.5, 0.5, ...Array.from({ length: 9 }, () => 0)]);
    const without = { ...row, numPromptTokens: 0 };
    const batch = collate([without], { batchSize: 1, padId: 0, lengthBuckets: [4] });
    expect([...floats(poolingShares(batch, [without], ['prompt-mean', 'prompt-last']))]).toEqual(Array.from({ length: 8 }, () => 0));
  });
});

/** XLA fuses programs of other shapes in other ways, whose sums differ as those of two engines do. */
const ofOtherShapes = () => (model.engine.name.startsWith('pjrt') ? ENGINE_PARITY : F32_FORWARD);

describe('pooled states', () => {
  const rows = randomRows('pooled', 7);

  it('are the averages of the states that the model passes through, and of no others', async () => {
    const states = await statesOf(rows);
    for (const [index, row] of rows.entries()) {
      const stream = await streamOf(row);
      const { length } = row.inputIds;
      const mean = (layer: StateLayer, weight: (t: number) => number) =>
        Array.from({ length: hiddenSize }, (_, d) =>
          Array.from({ length }, (__, t) => weight(t) * stream.get(layer)![t * hiddenSize + d]!).reduce((sum, value) => sum + value),
        );
      const prompt = row.numPromptTokens;
      const total = (length * (length + 1)) / 2;
      for (const layer of LAYERS) {
        const expected: Record<Pooling, number[]> = {
          'weighted-mean': mean(layer, (t) => (t + 1) / total),
          mean: mean(layer, () => 1 / length),
          last: mean(layer, (t) => (t === length - 1 ? 1 : 0)),
          'answer-mean': mean(layer, (t) => (t >= prompt ? 1 / (length - prompt) : 0)),
          'answer-last': mean(layer, (t) => (t === length - 1 ? 1 : 0)),
          'answer-first': mean(layer, (t) => (t >= prompt && t < prompt + 3 ? 1 / Math.min(3, length - prompt) : 0)),
          'prompt-mean': mean(layer, (t) => (t < prompt ? 1 / prompt : 0)),
          'prompt-last': mean(layer, (t) => (t === prompt - 1 ? 1 : 0)),
        };
        for (const pooling of ALL)
          expect(rowOf(states, layer, pooling, index), `${pooling} at ${layer}`).toBeAllclose(expected[pooling], ofOtherShapes());
      }
    }
  });

  it('and losses of a row are the same alone as in a batch, and the losses sum to the model’s own', async () => {
    const together = await statesOf(rows);
    for (const [index, row] of rows.entries()) {
      const alone = await statesOf([row], { batchSize: 1, maxLength: row.inputIds.length });
      for (const layer of LAYERS)
        for (const pooling of ALL)
          expect(rowOf(together, layer, pooling, index)).toBeAllclose(rowOf(alone, layer, pooling, 0), ofOtherShapes());
      const losses = together.tokenLosses(index);
      expect(losses).toHaveLength(row.inputIds.length - row.numPromptTokens);
      expect(losses).toBeAllclose(alone.tokenLosses(0), F32_FORWARD);
      const [sum] = await model.rowLosses(collate([row], { batchSize: 1, padId: 0, lengthBuckets: [24] }));
      expect(losses.reduce((a, b) => a + b, 0)).toBeCloseTo(sum!, 4);
    }
  });

  it('are NaN, and losses none, for rows without targets', async () => {
    const states = await statesOf([rows[0]!, rowWithoutTargets('none', 24), rows[1]!]);
    expect(
      states
        .of(1, 'mean')
        .subarray(hiddenSize, 2 * hiddenSize)
        .every(Number.isNaN),
    ).toBe(true);
    expect(states.of(1, 'mean').filter(Number.isNaN)).toHaveLength(hiddenSize);
    expect(states.tokenLosses(1)).toHaveLength(0);
    expect(states.tokenLosses(2)).toHaveLength(rows[1]!.inputIds.length - rows[1]!.numPromptTokens);
  });

  it('leave no checkpoint without a name, and with one a stopped pass goes on to the same bytes', async () => {
    const unbroken = await statesOf(rows, { disk: new Disk() });
    const disk = new Disk();
    await statesOf(rows, { disk });
    expect(disk.numSaves).toBe(0);
    await expect(statesOf(rows, { disk, name: 'states', batchSize: 1, abortAtEvent: 4 })).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
    expect(disk.numSaves).toBe(1);
    const resumed = await statesOf(rows, { disk, name: 'states', batchSize: 1 });
    const whole = await statesOf(rows, { batchSize: 1 });
    for (const layer of LAYERS) for (const pooling of ALL) expect(resumed.of(layer, pooling)).toEqual(whole.of(layer, pooling));
    for (const index of rows.keys()) expect(resumed.tokenLosses(index)).toEqual(whole.tokenLosses(index));
    expect(resumed.of(1, 'mean')).toBeAllclose(unbroken.of(1, 'mean'), F32_FORWARD);
  });

  it('of a layer that the model lacks are refused', async () => {
    await expect(statesOf(rows, {}, { layers: [numLayers + 1], poolings: ['mean'] })).rejects.toMatchObject({
      code: 'E_CONFIG',
      where: 'layer',
    });
  });
});

describe('cost', () => {
  const rows = randomRows('one pass', 4);
  const batch = collate(rows, { batchSize: 4, padId: 0, lengthBuckets: [24] });
  const flopsOf = async (program: Program, poolings: readonly Pooling[] = []) => {
    const inputs = { ...model.inputs, ...batchInputs(batch, new Float32Array(4)), poolingShares: poolingShares(batch, rows, poolings) };
    return (await model.engine.compile('cost', program).cost(inputs))!.matMulFlops;
  };
  // A row of T shares by T x D states.
  const meanFlops = 2 * batch.batchSize * batch.sequenceLength * hiddenSize;

  it('is one pass through the layers for states and losses, and the means', async () => {
    const features = await flopsOf(statesProgram(model.config, [1, 'normed'], true), ['prompt-mean', 'answer-mean', 'mean']);
    expect(features - (await flopsOf(lossProgram(model.config, 0)))).toBe(6 * meanFlops);
  });

  it('ends at the last layer asked for', async () => {
    const [first, all] = [
      await flopsOf(statesProgram(model.config, [1], false), ['mean']),
      await flopsOf(statesProgram(model.config, ['normed'], false), ['mean']),
    ];
    expect(all - meanFlops).toBeCloseTo(numLayers * (first - meanFlops), 0);
  });
});

/** The states of one row by layer, f32 [T, D], read one by one. */
async function streamOf({ inputIds }: TokenizedRow): Promise<Map<StateLayer, Float32Array>> {
  const { length } = inputIds;
  const program: Program = (inputs) => {
    const tensors = bindTensors(model.config, inputs, 0);
    const found: Record<string, tf.Tensor> = {};
    const hidden = (index: number, state: tf.Tensor) => {
      if (index > 0) found[index] = tf.mul(state, tf.scalar(1));
      return state;
    };
    const last = hiddenStates(tensors, inputs['inputIds']!, plainPositions(1, length), attendWithin(model.config, length), { hidden });
    return { ...found, normed: finalNorm(tensors, last) };
  };
  const outputs = await model.engine.compile('stream', program).run({ ...model.inputs, inputIds: int32([1, length], inputIds) });
  return new Map(LAYERS.map((layer) => [layer, floats(outputs[layer]!)]));
}
