import { adapterParameters, collate, createAdapter } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import { Random } from '@pharmacist/core';
import { describe, expect, it } from 'vitest';
import { countedFactors } from '../src/gradients/counted-factors.ts';
import { meanGradientDirection } from '../src/gradients/directions.ts';
import { influencesOf } from '../src/gradients/influences.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';
import { poolOf } from './support/pool-rows.ts';

const model = await useFixtureModel('llama');
const rows = randomRows('counted', 5);
const { numLayers } = model.config;

/** An adapter as training leaves it: neither factor is zero. */
function trainedAdapter() {
  const adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, 'trained');
  const random = new Random('factors');
  for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.1 * random.normal()));
  return adapter;
}

describe('the factors of the last layers', () => {
  const adapter = trainedAdapter();
  const all = [...adapterParameters(adapter).keys()];

  it('are those of a share of the layers, of one layer at least', () => {
    expect(countedFactors(adapter, model.config, 1)).toEqual(all);
    const last = all.filter((name) => name.includes(`layers.${numLayers - 1}.`));
    expect(last.length).toBeGreaterThan(0);
    expect(last.length).toBeLessThan(all.length);
    expect(countedFactors(adapter, model.config, 1e-6)).toEqual(last);
  });

  it('give directions and influences of the gradient by them alone', async () => {
    const { context } = new Attempt({ model, pool: poolOf(rows), harmful: [], trusted: rows });
    const factors = countedFactors(adapter, model.config, 1e-6);
    const direction = await meanGradientDirection(context, { model, adapter, rows: rows.slice(0, 2), factors, phase: 'direction' });
    expect([...direction.keys()]).toEqual(factors);
    const found = await influencesOf(context, { model, adapter, rows, directions: { direction }, factors, phase: 'influences' });
    for (const [i, row] of rows.entries()) {
      const batch = collate([row], { padId: 0, lengthBuckets: [24], batchSize: 1 });
      const { gradients } = await model.gradient(batch, adapter, new Float32Array([1 / batch.rowTargetCounts[0]!]));
      let [square, dot] = [0, 0];
      for (const name of factors) {
        gradients.get(name)!.forEach((value, at) => {
          square += value ** 2;
          dot += value * direction.get(name)![at]!;
        });
      }
      expect(found.gradientNorm[i]).toBeCloseTo(Math.sqrt(square), 5);
      expect(found.cosines['direction']![i]).toBeCloseTo(dot / Math.sqrt(square), 4);
    }
  });
});
