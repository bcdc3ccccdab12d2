import { NumericError } from '@pharmacist/core';
import { adapterParameters, collate, createAdapter, rowMeanWeights, type TokenizedRow } from '@pharmacist/language-model';
import { randomRows } from '@pharmacist/language-model/test-support';
import type {} from '@pharmacist/tooling/vitest/matchers';
import { expect, it } from 'vitest';
import { type Direction, meanGradientDirection } from '../src/gradients/directions.ts';
import { Attempt } from './support/attempt.ts';
import { useFixtureModel } from './support/fixture-model.ts';

const model = await useFixtureModel('llama');
const rows = randomRows('direction rows', 7); // two batches, one of them not full
const adapter = createAdapter(model.config, { rank: 2, alpha: 4 }, 'directions');
for (const values of adapterParameters(adapter).values()) values.forEach((value, i) => (values[i] = value + 0.01 * Math.sin(i)));

/** Gradients by all factors, one after the other, in the adapter's order. */
function joined(gradients: Direction): number[] {
  return [...adapterParameters(adapter).keys()].flatMap((name) => [...gradients.get(name)!]);
}

/** From a batch of this row alone. */
async function gradientOf(row: TokenizedRow): Promise<number[]> {
  const one = collate([row], { padId: 0, lengthBuckets: [24], batchSize: 1 });
  return joined((await model.gradient(one, adapter, rowMeanWeights(one))).gradients);
}

const norm = (x: readonly number[]) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
const mean = (vectors: readonly (readonly number[])[]) =>
  vectors[0]!.map((_, i) => vectors.reduce((sum, x) => sum + x[i]!, 0) / vectors.length);

function unit(x: readonly number[]): number[] {
  const length = norm(x);
  return x.map((value) => value / length);
}

it.each(['mean', 'rows'] as const)('is what gradients of one row at a time give, with the %s of length 1', async (what) => {
  const attempt = new Attempt({ model, pool: [] });
  const direction = joined(await meanGradientDirection(attempt.context, { model, adapter, rows, phase: 'x', unit: what }));
  const gradients = [];
  for (const row of rows) gradients.push(await gradientOf(row));
  const [unitOfMean, meanOfUnits] = [unit(mean(gradients)), mean(gradients.map(unit))];
  expect(direction).toBeAllclose(what === 'mean' ? unitOfMean : meanOfUnits, { rtol: 1e-4, atol: 1e-6 });
  expect(norm(unitOfMean.map((value, i) => value - meanOfUnits[i]!)), 'the two can be told apart').toBeGreaterThan(0.1);
  expect(attempt.passes).toEqual({ forward: 2, forwardRows: 7, backward: 2, backwardRows: 7 });
});

it.each(['mean', 'rows'] as const)('refuses a gradient that vanishes: %s', async (what) => {
  const still = createAdapter(model.config, { rank: 1, alpha: 1 }, 0);
  for (const values of adapterParameters(still).values()) values.fill(0);
  const { context } = new Attempt({ model, pool: [] });
  const direction = meanGradientDirection(context, { model, adapter: still, rows, phase: 'x', unit: what });
  await expect(direction).rejects.toBeInstanceOf(NumericError);
});
