import { batchInputs, collate, lossProgram } from '@pharmacist/language-model';
import type { Program } from '@pharmacist/tensor-kernels';
import { expect, it } from 'vitest';
import { featureProgram, spanShares } from '../src/row-features.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { randomRows } from './support/random-rows.ts';

const model = await useFixtureModel('llama');

it('reads hidden states and losses in one pass through the layers', async () => {
  const rows = randomRows('one pass', 4);
  const batch = collate(rows, { batchSize: 4, padId: 0, lengthBuckets: [24] });
  const inputs = { ...model.inputs, ...batchInputs(batch, new Float32Array(4)), ...spanShares(batch, rows) };
  const flopsOf = async (name: string, program: Program) => (await model.engine.compile(name, program).cost(inputs))!.matMulFlops;
  const [features, losses] = [
    await flopsOf('features', featureProgram(model.config)),
    await flopsOf('losses', lossProgram(model.config, 0)),
  ];
  // Beside a pass of losses there are the means over prompt and answer: a row of T shares by T x D states each.
  const meanFlops = 2 * batch.batchSize * batch.sequenceLength * model.config.hiddenSize;
  expect(features - losses).toBe(2 * meanFlops);
});
