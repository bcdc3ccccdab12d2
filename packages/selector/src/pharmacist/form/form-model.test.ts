import { Random } from '@pharmacist/core';
import { expect, it } from 'vitest';
import type { Fold } from '../fold.ts';
import { fitFormModel, type FormGroup, joinedForm } from './form-model.ts';
import { NUM_ROW_NUMBERS, shapeOf } from './row-numbers.ts';

/** Rows whose first number lies about `mean`; the second says nothing. */
function group(isSpoiled: boolean, mean: number, size: number, fold?: Fold): FormGroup {
  const random = new Random(`${isSpoiled} ${mean}`);
  const rows = Array.from({ length: size }, (_, i) => ({
    numbers: Float64Array.of(mean + random.normal(), random.normal()),
    fold: fold ?? ((i % 2) as Fold),
  }));
  return { isSpoiled, rows };
}

const at = (value: number) => Float64Array.of(value, 0);

it('tells spoiled rows, and says which number told', async () => {
  const model = await fitFormModel([group(false, 3, 60), group(true, -3, 60)]);
  for (const fold of [0, 1] as const) {
    expect(model.decision(at(3), fold)).toBeGreaterThan(1);
    expect(model.decision(at(-3), fold)).toBeLessThan(-1);
    const [told, other] = model.contributions(at(-3), fold)!;
    expect(told).toBeLessThan(-1);
    expect(Math.abs(other!)).toBeLessThan(0.5);
  }
});

it('judges a half by rows of the other half alone', async () => {
  // What is good in one half is spoiled in the other: each half must be judged the other half's way.
  const halves = [group(false, 3, 40, 0), group(true, -3, 40, 0), group(false, -3, 40, 1), group(true, 3, 40, 1)];
  const model = await fitFormModel(halves);
  expect(model.decision(at(3), 0)).toBeLessThan(-1);
  expect(model.decision(at(3), 1)).toBeGreaterThan(1);
  const alone = await fitFormModel(halves.slice(0, 2));
  expect(alone.decision(at(3), 1)).toBe(model.decision(at(3), 1));
});

it('says 0, and gives no reason, where the other half has rows of one sort or none', async () => {
  for (const groups of [[], [group(false, 3, 40)], [group(false, 3, 40), group(true, -3, 40, 1)]]) {
    const model = await fitFormModel(groups);
    expect(model.decision(at(-3), 1)).toBe(0);
    expect(model.contributions(at(-3), 1)).toBeUndefined();
  }
});

it('lets groups weigh alike, whatever their sizes', async () => {
  // Equal numbers leave nothing to part rows by but how much of either sort there is.
  const equal = (isSpoiled: boolean, size: number): FormGroup => ({
    isSpoiled,
    rows: Array.from({ length: size }, (_, i) => ({ numbers: at(1), fold: (i % 2) as Fold })),
  });
  const [few, many, spoiled] = [equal(false, 40), equal(false, 400), equal(true, 60)];
  expect((await fitFormModel([many, spoiled])).decision(at(1), 0)).toBeCloseTo(0, 9);
  expect((await fitFormModel([many, few, spoiled])).decision(at(1), 0)).toBeCloseTo(Math.log(2), 9);
});

it('adds what shape and losses say, and what each number told them', () => {
  const says = (amount: number) => ({
    decision: (numbers: Float64Array) => amount * numbers.length,
    contributions: (numbers: Float64Array) => numbers.map(() => amount),
  });
  const silent = { decision: () => 0, contributions: () => undefined };
  const numbers = new Float64Array(NUM_ROW_NUMBERS);
  const numShape = shapeOf(numbers).length;
  const both = joinedForm(says(2), says(10));
  expect(both.decision(numbers, 0)).toBe(2 * numShape + 10 * NUM_ROW_NUMBERS);
  const amounts = [...both.contributions(numbers, 0)!];
  expect(amounts).toEqual(amounts.map((_, k) => (k < NUM_ROW_NUMBERS - numShape ? 10 : 12)));
  expect(
    joinedForm(says(2), undefined)
      .contributions(numbers, 0)!
      .reduce((sum, amount) => sum + amount),
  ).toBe(2 * numShape);
  expect(joinedForm(silent, undefined).contributions(numbers, 0)).toBeUndefined();
});
