import { Random } from '@pharmacist/core';
import { adapterParameters, collate, createAdapter, rowMeanWeights, type TokenizedRow } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { describe, expect, it } from 'vitest';
import { modelStep } from '../src/seal/model-step.ts';
import { seal } from '../src/seal/seal.ts';
import { Attempt, type AttemptOptions, Disk } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf, rowWithoutTargets } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');

const pool = poolOf(randomRows('pool', 18));

async function fit(config: Record<string, unknown>, options: Partial<AttemptOptions> = {}) {
  const attempt = new Attempt({ model, pool, trusted: randomRows('trusted', 10), ...options });
  return { ...(await seal.fit(attempt.context, { loraRank: 2, trainBatchSize: 4, ...config })), attempt };
}

describe("the model's step", () => {
  const rowsOf = (rows: readonly TokenizedRow[]) => ({
    rows,
    batch: collate(rows, { batchSize: 4, padId: model.tokenizer.padId, lengthBuckets: [24] }),
  });
  const step = async (upperWeight: number, poolWeights: readonly number[]) => {
    const adapter = trainedAdapter();
    const [safe, ofPool] = [rowsOf(randomRows('safe', 3)), rowsOf(randomRows('of pool', 4))];
    const { context } = new Attempt({ model, pool });
    return { adapter, safe, ofPool, result: await modelStep(context, adapter, { safe, pool: ofPool, upperWeight, poolWeights }) };
  };
  const trainedAdapter = () => {
    const adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, 1);
    const random = new Random('factors');
    for (const values of adapterParameters(adapter).values()) values.forEach((_, i) => (values[i] = 0.1 * random.normal()));
    return adapter;
  };

  it('does not depend on the weights of rows while u is 1', async () => {
    const [first, second] = [await step(1, [1, 1, 1, 1]), await step(1, [3, 0, 0.5, 0.5])];
    expect(second.result).toEqual(first.result);
    const { safe, adapter, result } = first;
    expect(result.gradients).toEqual((await model.gradient(safe.batch, adapter, rowMeanWeights(safe.batch))).gradients);
  });

  it('is u times the safe gradient and 1 - u times the weighted gradient of the pool rows, in one call', async () => {
    const [upperWeight, weights] = [0.7, [1.6, 0.2, 0.9, 1.3]];
    const { adapter, safe, ofPool, result } = await step(upperWeight, weights);
    const alone = await model.gradient(safe.batch, adapter, rowMeanWeights(safe.batch));
    const weighted = await model.gradient(
      ofPool.batch,
      adapter,
      rowMeanWeights(ofPool.batch).map((mean, b) => mean * weights[b]!),
    );
    expect(result.loss).toBeCloseTo(upperWeight * alone.loss + (1 - upperWeight) * weighted.loss, 5);
    for (const [name, gradient] of result.gradients) {
      const expected = alone.gradients
        .get(name)!
        .map((value, i) => upperWeight * value + (1 - upperWeight) * weighted.gradients.get(name)![i]!);
      expect(gradient, name).toBeAllclose(expected, { rtol: 1e-4, atol: 1e-6 });
    }
    expect(result.poolLosses).toBeAllclose((await step(1, weights)).result.poolLosses, { rtol: 1e-5, atol: 1e-6 });
  });
});

describe('seal', () => {
  it('needs trusted rows with an answer', async () => {
    for (const trusted of [[], [rowWithoutTargets('full', 24)]])
      await expect(fit({}, { trusted })).rejects.toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('trusted rows') });
  });

  it('takes two forward passes a step, and two backward passes once u is below 1', async () => {
    // Batches of 4: an epoch over 18 rows is 5 steps; over 10 trusted rows 3, the last of 2 rows.
    const { attempt } = await fit({ epochs: 2 });
    expect(attempt.passes).toMatchObject({ forward: 2 * 10, backward: 5 + 2 * 5 });
    expect((await fit({ epochs: 2, upperWeight: 0.9 })).attempt.passes).toMatchObject({ forward: 2 * 10, backward: 2 * 10 });
    const { attempt: short, columns } = await fit({ epochs: 1, epochLength: 'shorter' });
    expect(short.passes).toMatchObject({ forward: 2 * 3, forwardRows: 12 + 10, backward: 3, backwardRows: 10 });
    expect(columns['loss']!.filter(Number.isNaN)).toHaveLength(18 - 12);
  });

  it('lets u fall by .03 with each epoch, from 1', async () => {
    const disk = new Disk();
    await fit({ epochs: 4 }, { disk });
    const records = disk.files.get('seal')!.state.meta['records'] as { facts: { upperWeight: number } }[];
    const expected = [1, 0.97, 0.94, 0.91].flatMap((weight) => Array<number>(5).fill(weight));
    expect(records.map(({ facts }) => facts.upperWeight)).toBeAllclose(expected, { rtol: 1e-12, atol: 0 });
  });

  it('has weights that sum to the number of rows', async () => {
    const { columns, scores } = await fit({ epochs: 4 });
    expect([...columns['weight']!].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(18, 10);
    const [heaviest, best] = [columns['weight']!.indexOf(Math.max(...columns['weight']!)), scores.indexOf(Math.max(...scores))];
    expect(heaviest).toBe(best);
  });

  it.each([
    ['low', [3, 20]],
    ['high', [60, 77]],
  ] as const)(
    'lets rows sink that a model trained on the trusted rows finds hard: answers of %s ids are trusted',
    async (name, answerIds) => {
      const rows = [
        ...randomRows('low', 20, { length: 24, answerIds: [3, 20] }),
        ...randomRows('high', 20, { length: 24, answerIds: [60, 77] }),
      ];
      const { scores } = await fit(
        { epochs: 20, learningRate: 1e-2, trainBatchSize: 8, upperWeightDecay: 5e-3 },
        { pool: poolOf(rows), trusted: randomRows('trusted', 20, { length: 24, answerIds }) },
      );
      const auroc = aurocOfFirst(scores, 20);
      expect(name === 'low' ? auroc : 1 - auroc).toBeGreaterThan(0.95);
    },
  );
});

/** Chance that one of the first `count` rows scores above one of the others. */
function aurocOfFirst(scores: Float64Array, count: number): number {
  const [first, others] = [scores.subarray(0, count), scores.subarray(count)];
  const wins = first.reduce((sum, score) => sum + others.filter((other) => other < score).length, 0);
  return wins / (first.length * others.length);
}
